import Glibc

/// A vertical axis: round bounds, round steps, and where a value is between them.
struct Axis: Equatable {
    let low: Double
    let high: Double
    /// From the lowest to the highest.
    let ticks: [Double]
    private let isLogarithmic: Bool

    /// From zero to the first round number that is not below the largest value, in four to eight steps.
    init(linearTo largest: Double) {
        let largest = max(1e-9, largest)
        var step = 1e-9
        grow: while largest / step > 8 {
            for factor in [2.0, 2.5, 2] {
                step *= factor
                if largest / step <= 8 { break grow }
            }
        }
        let count = max(1, Int((largest / step).rounded(.up)))
        (low, high, isLogarithmic) = (0, Double(count) * step, false)
        ticks = (0...count).map { Double($0) * step }
    }

    /// From and to the nearest of 1, 2, 5, 10, 20 and so on, each tenfold as high as the next.
    init(logarithmicOver values: ClosedRange<Double>) {
        let (smallest, largest) = (max(1e-9, values.lowerBound), max(1e-9, values.upperBound))
        var steps: [Double] = []
        for exponent in Int(log10(smallest).rounded(.down))...Int(log10(largest).rounded(.up)) {
            for digit in [1.0, 2, 5] { steps.append(digit * pow(10, Double(exponent))) }
        }
        let first = steps.lastIndex { $0 <= smallest * 1.000_001 } ?? 0
        let last = steps.firstIndex { $0 >= largest * 0.999_999 } ?? steps.count - 1
        steps = Array(steps[first...max(first + 1, last)])
        let ends = [steps[0], steps[steps.count - 1]]
        (low, high, isLogarithmic) = (ends[0], ends[1], true)
        ticks = steps.count <= 9 ? steps : steps.filter { ends.contains($0) || Self.isPowerOfTen($0) }
    }

    private static func isPowerOfTen(_ value: Double) -> Bool {
        let exponent = log10(value)
        return abs(exponent - exponent.rounded()) < 1e-9
    }

    /// 0 at the bottom, 1 at the top; values outside are at the nearest end.
    func share(_ value: Double) -> Double {
        let share =
            isLogarithmic ? log(max(value, low) / low) / log(high / low) : (value - low) / (high - low)
        return min(1, max(0, share))
    }

    /// A tick's name, with as many digits as its neighbours need.
    func name(_ value: Double, unit: String) -> String {
        let step = isLogarithmic ? value : ticks[1] - ticks[0]
        let digits = step >= 1 ? (step.rounded() == step ? 0 : 1) : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 4
        return Decimal.quantity(Decimal.grouped(value, digits: digits), unit)
    }
}
