package import AWS
import Batching
package import Fleet
package import Wire

/// What a router knows and decides: which backends serve, whom to ask, for how long, and when to spill.
///
/// A request gets all the time but what its spill needs for its first try, and what is left of it for a second one. Bounces come at
/// once, as do refused connections, so a second try has nearly as much; and a backend that is told the whole deadline can wait for a
/// fuller batch than one that is told half. A backend that hangs costs its share and still leaves the spill in time.
package struct RouterState: Sendable {
    package enum Step: Equatable, Sendable {
        case attempt(Attempt)
        case spill(SpillCause)
    }

    private let slo: Duration
    private var backends: [RegisteredBackend] = []
    private var records: [String: BackendRecord] = [:]
    private var spillTime: SpillTime
    /// Why the registry could not be read last time; nil when it could.
    package private(set) var tableProblem: String?
    private var fleetSchedule = ReadingSchedule(period: .seconds(1))
    private var tokenSchedule = ReadingSchedule(period: .seconds(60))
    /// The secret that backends ask for; nil when there is none, or none has been read yet.
    package private(set) var token: String?

    package init(slo: Duration) {
        self.slo = slo
        spillTime = SpillTime(guess: slo / 2)
    }

    // MARK: The table

    /// Begins to read the registry if that is due; returns how long that may take.
    package mutating func beginFleet(now: Duration) -> Duration? { fleetSchedule.begin(now: now) }

    /// What the reading came to; when it failed, what was known stays as good as its heartbeats are.
    package mutating func endFleet(_ result: Result<[RegisteredBackend], AWSError>, now: Duration) {
        let read: [RegisteredBackend]
        do throws(AWSError) { read = try result.get() } catch {
            fleetSchedule.end(succeeded: false, now: now)
            tableProblem = error.description
            return
        }
        fleetSchedule.end(succeeded: true, now: now)
        tableProblem = nil
        backends = read
        let ids = Set(read.map(\.id))
        records = records.filter { ids.contains($0.key) || $0.value.inFlight > 0 }
        for id in records.keys { records[id]?.refresh() }
    }

    package mutating func beginToken(now: Duration) -> Duration? { tokenSchedule.begin(now: now) }

    /// What the reading came to; when it failed, the token stays what it was.
    package mutating func endToken(_ result: Result<TokenRing?, AWSError>, now: Duration) {
        switch result {
        case .success(let ring):
            tokenSchedule.end(succeeded: true, now: now)
            token = ring?.current
        case .failure: tokenSchedule.end(succeeded: false, now: now)
        }
    }

    // MARK: Requests

    /// What to do next for a request that no backend has answered yet; an attempt counts as sent.
    ///
    /// - Parameter draw: 64 random bits.
    package mutating func step(_ journey: Journey, draw: UInt64, now: Moment) -> Step {
        let lastCause = journey.lastFailure.map { SpillCause($0) }
        if case .unsendable = journey.lastFailure { return .spill(.notInference) }
        guard journey.tried.count < Journey.triesMax else { return .spill(lastCause ?? .failed) }
        guard let backend = choose(journey.tried, draw, now.wall) else {
            return .spill(lastCause ?? (tableProblem == nil ? .noBackend : .tableUnreachable))
        }
        let share = journey.objective - spillTime.reserve(of: slo) - now.monotonic
        // Less than one run takes is not worth the way.
        guard share >= max(min(.milliseconds(10), slo / 8), Self.runTime(backend)) else {
            return .spill(lastCause ?? .tooLittleTime)
        }
        records[backend.id, default: BackendRecord()].begin()
        return .attempt(Attempt(backend: backend, share: share, isSecond: !journey.tried.isEmpty))
    }

    /// An attempt is over.
    ///
    /// - Parameter failure: nil for an answer.
    package mutating func ended(
        _ attempt: Attempt,
        _ failure: Failure?,
        _ journey: inout Journey,
        now: WallClock
    ) {
        records[attempt.backend.id]?.end(failure, heartbeat: attempt.backend.heartbeat, now: now)
        guard let failure else { return }
        journey.left(attempt.backend, because: failure)
        if failure == .unauthorised { tokenSchedule.hasten() }
    }

    /// The inference function has answered, after so long.
    package mutating func spilled(after time: Duration) { spillTime.took(time) }

    /// Two at random of those that may be asked, and of them the one that would answer sooner.
    private func choose(_ tried: [String], _ draw: UInt64, _ now: WallClock) -> RegisteredBackend? {
        let candidates = backends.filter { backend in
            backend.isServing(at: now) && !tried.contains(backend.id)
                && !(records[backend.id]?.isAvoided(heartbeat: backend.heartbeat) ?? false)
        }
        let choice = TwoChoices(of: candidates.count, draw: draw) { completion(candidates[$0]) }
        return choice.map { candidates[$0.first] }
    }

    /// Seconds until a backend would have answered one more request.
    private func completion(_ backend: RegisteredBackend) -> Double {
        let record = records[backend.id] ?? BackendRecord()
        // What its heartbeat could not know yet: what this router has sent, and that it was full.
        let own = Self.runTime(backend) * Double(record.inFlight + 1)
        let full = record.hasBounced ? slo : .zero
        return (backend.load.queueDelay + own + full) / .seconds(1)
    }

    private static func runTime(_ backend: RegisteredBackend) -> Duration {
        .seconds(1 / max(backend.capacity, 0.01))
    }
}
