/// What is forecast: for each horizon h the mean and the maximum of the next h minutes, the latter with quantiles.
package struct LoadTargets: Equatable, Sendable {
    package enum Quantity: Equatable, Sendable { case mean, max }

    package struct Target: Equatable, Sendable {
        package let horizon: Int
        package let quantity: Quantity
        /// The quantile that is asked for.
        package let level: Double
    }

    package let horizons: [Int]
    /// For each horizon the median of the mean, the median of the maximum, and its 0.9 quantile.
    package let all: [Target]

    package init(horizons: [Int] = [5, 10, 15]) {
        precondition(
            !horizons.isEmpty && horizons.allSatisfy { (1...240).contains($0) },
            "horizons: 1 to 240 minutes"
        )
        self.horizons = horizons
        all = horizons.flatMap {
            [
                Target(horizon: $0, quantity: .mean, level: 0.5),
                Target(horizon: $0, quantity: .max, level: 0.5),
                Target(horizon: $0, quantity: .max, level: 0.9),
            ]
        }
    }

    package var count: Int { all.count }
    package var horizonMax: Int { horizons.max() ?? 0 }

    /// What has happened in the `horizon` minutes after index `t`; nil when too much of it is missing or not there yet.
    func outcome(_ target: Target, after t: Int, in series: LoadSeries) -> Double? {
        let range = (t + 1)...(t + target.horizon)
        guard range.upperBound < series.count else { return nil }
        var (sum, largest, known) = (0.0, 0.0, 0)
        for index in range where !series.isMissing[index] {
            sum += series.counts[index]
            largest = max(largest, series.counts[index])
            known += 1
        }
        guard known * 2 > target.horizon else { return nil }
        return target.quantity == .mean ? sum / Double(known) : largest
    }
}
