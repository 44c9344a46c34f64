/// How long the inference function takes to answer, at the 95th percentile, learnt while requests spill.
///
/// The estimate moves by a share of itself with each answer: 19 times as far up for a slower one as down for a faster one, so that it
/// rests where 1 in 20 is slower (Robbins and Monro 1951). It needs no memory of answers and no scale.
struct SpillTime: Equatable, Sendable {
    private(set) var quantile: Duration

    private static let (up, down) = (1.19, 0.99)
    /// No estimate falls below: with nothing left to lose it would take long to grow again.
    private static let least = Duration.milliseconds(1)

    init(guess: Duration) { quantile = max(guess, Self.least) }

    mutating func took(_ time: Duration) {
        quantile = max(quantile * (time > quantile ? Self.up : Self.down), Self.least)
    }

    /// What to leave for the spill of a request whose objective is `slo`.
    ///
    /// Half of it at most, as backends need time to form batches. Nothing when a spill is late anyway: then an answer that a backend
    /// gives at the last moment is the only one in time.
    func reserve(of slo: Duration) -> Duration {
        quantile >= slo ? .zero : min(quantile, slo / 2)
    }
}
