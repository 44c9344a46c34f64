/// What the function knows of an environment beyond the pool.
struct EnvironmentRecord: Sendable {
    let started: Duration
    var process: ChildProcess?
    /// The pool has done with it, perhaps before its process was there.
    var isKilled = false
    /// From its start to its asking for the first event.
    var initialization: Duration?
    /// It has answered nothing yet.
    var isCold = true
    /// The request for an event that waits for one.
    var waiting: CheckedContinuation<RuntimeEvent?, Never>?
    /// What it said about why it cannot start.
    var initializationError: [UInt8]?
    var lastAnswered: String?
    /// How its process ended.
    var exit = ""

    init(started: Duration) { self.started = started }
}
