/// Fewer points of a long series, for drawing.
package enum Sampling {
    /// The indices of a series' first and last value and of the lowest and the highest of each stretch, in order: every peak that a drawing
    /// of so many stretches could show is kept, where every n-th value or a mean would lose most of them.
    ///
    /// - Returns: all indices when there are no more than twice as many as stretches.
    package static func peaks(_ values: [Double], stretches: Int) -> [Int] {
        precondition(stretches > 0, "\(stretches) stretches: a drawing has at least one")
        guard values.count > 2 * stretches else { return Array(values.indices) }
        var kept = [0]
        for stretch in 0..<stretches {
            let range = values.count * stretch / stretches..<values.count * (stretch + 1) / stretches
            let low = range.min { values[$0] < values[$1] } ?? range.lowerBound
            let high = range.max { values[$0] < values[$1] } ?? range.lowerBound
            for index in [min(low, high), max(low, high), values.count - 1]
            where index > kept[kept.count - 1] && (index < values.count - 1 || stretch == stretches - 1) {
                kept.append(index)
            }
        }
        return kept
    }
}
