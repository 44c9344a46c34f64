/// Numbers brought to a common size by what outliers do not move: (x - median) / interquartile range, at most 6 either way.
package struct RobustScaling: Equatable, Sendable {
    /// The columns of a row that are used.
    package let columns: [Int]
    package let medians: [Float]
    /// 1 / interquartile range; 0 for a column that hardly varies or is hardly ever known.
    package let scales: [Float]

    private static let clip = 6.0

    package init(columns: [Int], medians: [Float], scales: [Float]) {
        (self.columns, self.medians, self.scales) = (columns, medians, scales)
    }

    /// - Parameter values: of one column after the other, rows of each.
    package init(columns: [Int], rows: Int, values: [Float]) {
        var (medians, scales): ([Float], [Float]) = ([], [])
        for column in columns {
            let known = values[(column * rows)..<((column + 1) * rows)].filter { !$0.isNaN }.sorted()
            let isUsable = known.count * 2 >= rows && known.count >= 4
            let range = isUsable ? known[known.count * 3 / 4] - known[known.count / 4] : 0
            medians.append(isUsable ? known[known.count / 2] : 0)
            scales.append(range > 1e-6 ? 1 / range : 0)
        }
        self.init(columns: columns, medians: medians, scales: scales)
    }

    /// Missing numbers become 0, the median.
    package func scaled(_ row: [Double]) -> [Double] {
        columns.indices.map { k in
            let value = row[columns[k]]
            guard !value.isNaN else { return 0 }
            return min(max((value - Double(medians[k])) * Double(scales[k]), -Self.clip), Self.clip)
        }
    }

    /// Whether each number that the other lets through is let through here.
    package func sees(asMuchAs other: RobustScaling) -> Bool {
        columns == other.columns && zip(scales, other.scales).allSatisfy { $0 > 0 || $1 == 0 }
    }
}
