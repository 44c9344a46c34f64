package import ONNX

/// Answers of one version of a model, by exact inputs, bounded in number and bytes; and who waits for one that is being made.
///
/// What makes room is chosen by CLOCK, as in Clipper (Crankshaw et al., NSDI'17, section 4.2): entries stand in a circle, a hit marks
/// its entry, and a hand goes round that takes marks away and throws out what has none. That is nearly the least recently used, and a hit
/// moves nothing.
package struct PredictionCache<Waiter> {
    package enum Answer {
        case hit([Tensor])
        /// The same is being computed: the waiter gets that result.
        case wait
        /// The caller computes it, and calls `finish`.
        case run
    }

    /// Counts since the start, and what is held now.
    package struct Report: Equatable, Sendable {
        package var hits = 0
        package var misses = 0
        /// Requests that waited for the run of an equal one.
        package var shared = 0
        package var evictions = 0
        package var entries = 0
        package var bytes = 0

        package init() {}
    }

    private struct Entry {
        let key: PredictionKey
        let outputs: [Tensor]
        let bytes: Int
        var isMarked = false
    }

    private let limits: PredictionCacheLimits
    private var circle: [Entry?] = []
    private var free: [Int] = []
    private var places: [PredictionKey: Int] = [:]
    private var hand = 0
    private var waiting: [PredictionKey: [Waiter]] = [:]
    package private(set) var report = Report()

    /// What an entry takes beside its tensors: its place, twice its key, arrays' headers.
    static var overhead: Int { 512 }

    package init(_ limits: PredictionCacheLimits) { self.limits = limits }

    /// Looks for an answer.
    ///
    /// - Parameter waiter: kept where the answer is `wait`, until the run that makes it is finished.
    package mutating func ask(_ key: PredictionKey, _ waiter: @autoclosure () -> Waiter) -> Answer {
        if let place = places[key], let outputs = circle[place]?.outputs {
            circle[place]?.isMarked = true
            report.hits += 1
            return .hit(outputs)
        }
        if waiting[key] != nil {
            waiting[key]?.append(waiter())
            report.shared += 1
            return .wait
        }
        // In memory of its own already: whoever has the last equal request, its body is not kept.
        waiting[key.kept] = []
        report.misses += 1
        return .run
    }

    /// A run that `ask` asked for is over.
    ///
    /// - Parameter outputs: nil when it brought none; whoever waits must ask again.
    /// - Returns: who waited for it.
    package mutating func finish(_ key: PredictionKey, _ outputs: [Tensor]?) -> [Waiter] {
        guard let place = waiting.index(forKey: key) else { preconditionFailure("no such run is under way") }
        let (kept, waiters) = waiting.remove(at: place)
        if let outputs { insert(kept, outputs) }
        return waiters
    }

    private mutating func insert(_ key: PredictionKey, _ outputs: [Tensor]) {
        let outputs = outputs.map(\.alone)
        let bytes = key.bytes + outputs.reduce(0) { $0 + $1.bytesHeld } + Self.overhead
        guard bytes <= limits.bytes else { return }
        while report.entries >= limits.entries || report.bytes + bytes > limits.bytes { evict() }
        let entry = Entry(key: key, outputs: outputs, bytes: bytes)
        let place = free.popLast() ?? circle.count
        if place == circle.count { circle.append(entry) } else { circle[place] = entry }
        places[key] = place
        report.entries += 1
        report.bytes += bytes
    }

    /// Throws out the first entry that was not used since the hand last came by; there must be one.
    private mutating func evict() {
        precondition(report.entries > 0, "nothing is left to throw out")
        while true {
            hand = hand + 1 < circle.count ? hand + 1 : 0
            guard let entry = circle[hand] else { continue }
            guard !entry.isMarked else {
                circle[hand]?.isMarked = false
                continue
            }
            circle[hand] = nil
            places[entry.key] = nil
            free.append(hand)
            report.entries -= 1
            report.bytes -= entry.bytes
            report.evictions += 1
            return
        }
    }
}

extension PredictionCache: Sendable where Waiter: Sendable {}
