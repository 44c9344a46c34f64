import Glibc

/// The values of one metric in one minute: their sum, extremes and, to 2 %, their distribution.
struct MetricBucket: Equatable, Sendable {
    private(set) var count = 0.0
    private(set) var sum = 0.0
    private(set) var minimum = Double.infinity
    private(set) var maximum = -Double.infinity
    /// Counts by the logarithm of the value; what is not above zero has one for itself.
    private var bins: [Int: Double] = [:]

    private static let growth = log(1.02)
    private static let zero = Int.min

    /// - Parameter weight: how many such values it stands for.
    mutating func record(_ value: Double, weight: Double) {
        guard value.isFinite else { return }
        count += weight
        sum += value * weight
        minimum = Swift.min(minimum, value)
        maximum = Swift.max(maximum, value)
        bins[value > 0 ? Int((log(value) / Self.growth).rounded(.down)) : Self.zero, default: 0] += weight
    }

    mutating func merge(_ other: MetricBucket) {
        count += other.count
        sum += other.sum
        minimum = Swift.min(minimum, other.minimum)
        maximum = Swift.max(maximum, other.maximum)
        bins.merge(other.bins, uniquingKeysWith: +)
    }

    /// A statistic by CloudWatch's name; nil for one that there is not, or when there are no values.
    func value(_ statistic: Statistic) -> Double? {
        guard count > 0 else { return nil }
        return switch statistic {
        case .sum: sum
        case .count: count
        case .average: sum / count
        case .minimum: minimum
        case .maximum: maximum
        case .percentile(let share): percentile(share)
        case .rank(let low, let high): 100 * share(of: low, high)
        }
    }

    /// The value that a share of all do not exceed.
    private func percentile(_ share: Double) -> Double {
        var seen = 0.0
        for (bin, number) in bins.sorted(by: { $0.key < $1.key }) {
            seen += number
            if seen >= share * count - 1e-9 {
                // The middle of the bin, never beyond what was seen.
                let middle = bin == Self.zero ? minimum : exp((Double(bin) + 0.5) * Self.growth)
                return Swift.min(maximum, Swift.max(minimum, middle))
            }
        }
        return maximum
    }

    /// The share of values above `low` and up to `high`; of the bins that a bound cuts, a part by the place of the cut.
    private func share(of low: Double, _ high: Double) -> Double {
        func below(_ bound: Double) -> Double {
            if bound >= maximum { return count }
            if bound < minimum { return 0 }
            return bins.reduce(0) { sum, bin in
                guard bin.key != Self.zero else { return bound >= 0 ? sum + bin.value : sum }
                let (start, end) = (
                    exp(Double(bin.key) * Self.growth), exp(Double(bin.key + 1) * Self.growth)
                )
                return sum + bin.value * Swift.min(1, Swift.max(0, (bound - start) / (end - start)))
            }
        }
        return Swift.max(0, below(high) - (low == -.infinity ? 0 : below(low))) / count
    }
}

/// A statistic of CloudWatch's (User Guide, "Statistics definitions"): `Sum`, `p99`, `PR(:300)`.
enum Statistic: Equatable, Sendable {
    case sum, count, average, minimum, maximum
    /// The share, from 0 to 1.
    case percentile(Double)
    /// Percent of values above the one and up to the other.
    case rank(Double, Double)

    /// Nil for one that is not offered.
    init?(_ text: String) {
        switch text {
        case "Sum": self = .sum
        case "SampleCount": self = .count
        case "Average": self = .average
        case "Minimum": self = .minimum
        case "Maximum": self = .maximum
        case _ where text.hasPrefix("p"):
            guard let percent = Double(text.dropFirst()), (0...100).contains(percent) else { return nil }
            self = .percentile(percent / 100)
        case _ where text.hasPrefix("PR(") && text.hasSuffix(")"):
            let bounds = text.dropFirst(3).dropLast().split(separator: ":", omittingEmptySubsequences: false)
            guard bounds.count == 2, bounds.contains(where: { !$0.isEmpty }) else { return nil }
            let low = bounds[0].isEmpty ? -.infinity : Double(bounds[0])
            let high = bounds[1].isEmpty ? .infinity : Double(bounds[1])
            guard let low, let high, low <= high else { return nil }
            self = .rank(low, high)
        default: return nil
        }
    }
}
