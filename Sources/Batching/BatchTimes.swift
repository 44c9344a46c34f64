/// How long batches take, as it is believed now: the profile, corrected by what was observed.
struct BatchTimes: Equatable, Sendable {
    let inflation: Double
    let bias: Double
    private let profile: LatencyProfile
    /// By rows, from 1 on; made once for many lookups.
    private let safe: [Duration]
    private let expected: [Duration]
    /// The largest batch that would be in time if it began at once.
    let sizeInTime: Int

    init(_ policy: BatchingPolicy, _ tracker: ProfileTracker) {
        inflation = tracker.inflation
        bias = tracker.bias
        profile = policy.profile
        let safe = (1...policy.sizeCap).map { [inflation] in policy.profile[$0] * inflation }
        self.safe = safe
        sizeInTime = (1...policy.sizeCap).last { safe[$0 - 1] <= policy.slo - policy.margin } ?? 1
        expected = safe.map { [bias] in $0 * bias }
    }

    /// The time that nearly all runs keep to: what a start is safe by.
    func safe(_ rows: Int) -> Duration { rows <= safe.count ? safe[rows - 1] : profile[rows] * inflation }

    /// The time that runs take on average: what a queue is predicted by.
    func expected(_ rows: Int) -> Duration {
        rows <= expected.count ? expected[rows - 1] : profile[rows] * (inflation * bias)
    }
}
