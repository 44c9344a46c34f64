/// A batch for an executor to run.
package struct Batch: Equatable, Sendable {
    /// Why a batch was not kept waiting for more.
    package enum Release: String, CaseIterable, Sendable {
        /// It is as large as batches get.
        case full
        /// One row more, and its most urgent request would be late.
        case deadline
        /// The next request is expected too late for its most urgent one.
        case noArrival = "no_arrival"
        /// One row more would make no row cheaper.
        case noGain = "no_gain"
        /// An executor that costs the same idle had nothing else to do, and keeps up with batches of this size.
        case idle
        /// What is left before the end.
        case drain
    }

    package let executor: Int
    package let requests: [QueuedRequest]
    package let rows: Int
    package let release: Release
    package let start: Duration
    /// How long it is expected to take.
    package let predicted: Duration

    /// How long the request that came first has waited.
    package var waitMax: Duration { requests.map { start - $0.arrival }.max() ?? .zero }
    /// How long the request that came last has waited.
    package var waitMin: Duration { requests.map { start - $0.arrival }.min() ?? .zero }
}
