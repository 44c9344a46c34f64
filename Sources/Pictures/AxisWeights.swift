/// For each new position along an axis the old ones it is made of: a triangle as wide as a new step, at least as an old one, which
/// interpolates when enlarging and averages when reducing.
///
/// Source: Pillow's `Resample.c` with the bilinear filter, which is torchvision's with antialiasing.
struct AxisWeights: Equatable {
    /// First old position of each new one.
    private(set) var starts: [Int] = []
    /// How many old positions each has.
    private(set) var counts: [Int] = []
    /// `[new × taps]`, the weights of each new position, which add up to 1.
    private(set) var weights: [Float] = []
    /// Room for the weights of one position.
    let taps: Int

    /// The old positions that are needed at all.
    var span: Range<Int> {
        let first = starts.min() ?? 0
        return first..<max(first, zip(starts, counts).map { $0 + $1 }.max() ?? 0)
    }

    /// - Parameters:
    ///   - old: length of the axis.
    ///   - extent: how much of it the picture fills, for one that was decoded at an eighth, say, and does not fill its last pixel.
    ///   - new: its length after resizing.
    ///   - range: which of the new positions are wanted.
    init(from old: Int, extent: Double, to new: Int, range: Range<Int>) {
        precondition(extent > Double(old) - 1 && extent <= Double(old) && new > 0)
        precondition(range.lowerBound >= 0 && range.upperBound <= new)
        let scale = extent / Double(new)
        let radius = max(1, scale)
        taps = min(old, Int(radius.rounded(.up)) * 2 + 1)
        weights = [Float](repeating: 0, count: range.count * taps)
        for position in range {
            // 8 from 4: position 1 lies at 0.25 of the old axis' steps, between the first two.
            let center = (Double(position) + 0.5) * scale
            let first = max(0, Int(center - radius + 0.5))
            let end = min(old, Int(center + radius + 0.5))
            let values = (first..<max(first + 1, end)).prefix(taps).map {
                max(0, 1 - abs((Double($0) - center + 0.5) / radius))
            }
            let total = values.reduce(0, +)
            let offset = starts.count * taps
            for (index, value) in values.enumerated() {
                weights[offset + index] = Float(total > 0 ? value / total : 1 / Double(values.count))
            }
            starts.append(min(first, old - 1))
            counts.append(values.count)
        }
    }
}
