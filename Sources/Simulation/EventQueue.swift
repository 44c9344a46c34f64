/// What is going to happen, the earliest first: a binary heap by time, then rank, then the order in which it was scheduled.
package struct EventQueue<Event> {
    /// Nanoseconds.
    package typealias Instant = Int64

    private struct Entry {
        let at: Instant
        /// The rank above the sequence number, so that one comparison breaks ties.
        let order: UInt64
        let event: Event

        func precedes(_ other: Entry) -> Bool {
            at == other.at ? order < other.order : at < other.at
        }
    }

    private var heap: [Entry] = []
    private var sequence: UInt64 = 0
    /// When the last event happened.
    package private(set) var now: Instant = 0

    package init() {}

    package var count: Int { heap.count }

    /// When the next event happens; the end of time without one.
    package var next: Instant { heap.isEmpty ? .max : heap[0].at }

    /// - Parameter rank: of events at the same instant those with a lower one come first; below 256.
    package mutating func schedule(_ event: Event, at instant: Instant, rank: UInt8 = 0) {
        precondition(instant >= now, "\(event) is scheduled at \(instant) ns, before now (\(now) ns)")
        sequence += 1
        let entry = Entry(at: instant, order: UInt64(rank) << 56 | sequence, event: event)
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    /// Takes out the next event; nil when nothing is going to happen.
    package mutating func pop() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        now = first.at
        if !heap.isEmpty { sift(last) }
        return first.event
    }

    /// Puts an entry in the root's place.
    private mutating func sift(_ entry: Entry) {
        var parent = 0
        while case var child = 2 * parent + 1, child < heap.count {
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = entry
    }
}
