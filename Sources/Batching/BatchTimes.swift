/// How long batches take, as it is believed now: the profile, corrected by what was observed.
struct BatchTimes: Equatable, Sendable {
    let inflation: Double
    let bias: Double
    private let profile: LatencyProfile
    /// By rows, from 1 on; made once for many lookups.
    private let safe: [Duration]
    private let expected: [Duration]

    init(_ policy: BatchingPolicy, _ tracker: ProfileTracker) {
        inflation = tracker.inflation
        bias = tracker.bias
        profile = policy.profile
        safe = (1...policy.sizeCap).map { [inflation] in policy.profile[$0] * inflation }
        expected = safe.map { [bias] in $0 * bias }
    }

    /// The time that nearly all runs keep to: what a start is safe by.
    func safe(_ rows: Int) -> Duration { rows <= safe.count ? safe[rows - 1] : profile[rows] * inflation }

    /// The time that runs take on average: what a queue is predicted by.
    func expected(_ rows: Int) -> Duration {
        rows <= expected.count ? expected[rows - 1] : profile[rows] * (inflation * bias)
    }
}
