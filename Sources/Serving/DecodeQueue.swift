package import Batching

/// Predicts when pictures will be decoded, and so which of them can be answered in time: the admission to the threads that decode.
///
/// Time goes with pixels: some 5 ns each for a JPEG, 15 for a PNG, measured as it goes. A request's time for decoding is part of its
/// latency: the batcher gets it afterwards with the instant at which it arrived.
package struct DecodeQueue: Sendable {
    /// Pictures that wait at most; their files are held in memory meanwhile.
    private static let countMax = 1024
    /// What reading a header, allocating and waking a thread cost, in pixels.
    private static let overhead = 16_384
    /// Weight of the latest picture in the measured time.
    private static let weight = 0.2

    private let workers: Int
    /// Waiting and under way.
    private(set) var count = 0
    private var work = 0
    private var nanosecondsPerPixel = 12.0

    /// - Parameter workers: threads that decode.
    package init(workers: Int) {
        precondition(workers > 0, "pictures need a thread to be decoded on")
        self.workers = workers
    }

    package var isIdle: Bool { count == 0 }

    /// Takes a request whose pictures have so many pixels, or says why not.
    ///
    /// - Parameter latest: when it must be decoded.
    package mutating func admit(pixels: Int, latest: Duration, now: Duration) -> Refusal? {
        let own = pixels + Self.overhead
        // Two threads, 24 and 12 million pixels before: after 18 million pixels' time it begins, and 12 ns x 12 M later it is done.
        let wait = time(work / workers)
        guard now + time(own) <= latest else { return Refusal(.hopeless) }
        guard now + wait + time(own) <= latest else { return Refusal(.late, retryAfter: wait) }
        guard count < Self.countMax else { return Refusal(.full, retryAfter: wait) }
        count += 1
        work += own
        return nil
    }

    /// A request's pictures are decoded, or cannot be.
    ///
    /// - Parameter took: nil for one that was dropped before.
    package mutating func finish(pixels: Int, took: Duration?) {
        let own = pixels + Self.overhead
        count -= 1
        work -= own
        guard let took else { return }
        let measured = took / .nanoseconds(1) / Double(own)
        nanosecondsPerPixel += Self.weight * (measured - nanosecondsPerPixel)
    }

    private func time(_ pixels: Int) -> Duration { .nanoseconds(Int64(Double(pixels) * nanosecondsPerPixel)) }
}
