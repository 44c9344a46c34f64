/// Columns of numbers, each cut into at most 128 bins of about as many rows; bin 0 holds what is missing.
package struct BinnedTable {
    package struct Column {
        package let index: Int
        /// The largest value of each bin but the first and the last.
        let thresholds: [Float]
        let bins: [UInt8]
    }

    package static let binsMax = 128

    package let rows: Int
    /// Those with values for at least half of the rows, and more than one.
    package let columns: [Column]

    /// - Parameter values: of one column after the other: `values[column * rows + row]`.
    package init(rows: Int, columns count: Int, values: [Float]) {
        self.rows = rows
        columns = (0..<count).compactMap { index in
            values.withUnsafeBufferPointer {
                Self.bin(index, UnsafeBufferPointer(rebasing: $0[(index * rows)..<((index + 1) * rows)]))
            }
        }
    }

    private static func bin(_ index: Int, _ values: UnsafeBufferPointer<Float>) -> Column? {
        let known = values.filter { !$0.isNaN }.sorted()
        guard known.count * 2 >= values.count, let first = known.first, first < known[known.count - 1] else {
            return nil
        }
        var thresholds: [Float] = []
        for cut in 1..<(binsMax - 2) {
            // Halves, as a state keeps them: what runs after a restart is what ran before it.
            let value = Float(Float16(known[known.count * cut / (binsMax - 2)]))
            if value > thresholds.last ?? -.infinity, value < known[known.count - 1] {
                thresholds.append(value)
            }
        }
        let bins = values.map { $0.isNaN ? 0 : UInt8(1 + Self.position(of: $0, in: thresholds)) }
        return Column(index: index, thresholds: thresholds, bins: bins)
    }

    /// How many thresholds are below the value.
    private static func position(of value: Float, in thresholds: [Float]) -> Int {
        var (low, high) = (0, thresholds.count)
        while low < high {
            let middle = (low + high) / 2
            if thresholds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
