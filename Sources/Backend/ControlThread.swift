import Threading

/// Work that blocks and comes rarely, on a thread of its own, one after the other.
enum ControlThread {
    private static let inbox: Inbox<@Sendable () -> Void> = {
        let inbox = Inbox<@Sendable () -> Void>()
        Thread.start { while let work = inbox.take() { work() } }
        return inbox
    }()

    static func run(_ work: @escaping @Sendable () -> Void) { inbox.put(work) }
}
