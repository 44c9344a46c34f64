package import Synchronization

/// What the server has counted since its start.
package final class HTTPCounters: Sendable {
    package let accepted = Atomic<Int>(0)
    package let open = Atomic<Int>(0)
    /// Connections refused, as there were too many.
    package let refused = Atomic<Int>(0)
    package let requests = Atomic<Int>(0)
    package let malformed = Atomic<Int>(0)
    /// Connections closed, as a client took too long to send or to read.
    package let timeouts = Atomic<Int>(0)
    /// Requests whose clients went away before the answer.
    package let disconnects = Atomic<Int>(0)
    /// Bytes of bodies under way.
    package let bodyBytes = Atomic<Int>(0)

    package init() {}
}

extension Atomic where Value == Int {
    package func increment(by count: Int = 1) { add(count, ordering: .relaxed) }
    package var current: Int { load(ordering: .relaxed) }
}
