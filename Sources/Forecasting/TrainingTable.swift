/// A series as rows to learn from: what was known at a minute, and what came after it.
struct TrainingTable {
    /// The series' index of each row.
    let indices: [Int]
    /// Features, one column after the other.
    let values: [Float]
    /// For each target the log load relative to the level, a row each.
    let outcomes: [[Float]]

    var rows: Int { indices.count }

    /// - Parameter rowsMax: of the newest minutes.
    init(_ series: LoadSeries, _ targets: LoadTargets, rowsMax: Int) {
        let last = series.count - 1 - targets.horizonMax
        let first = max(LoadFeatures.warmUp, last - rowsMax + 1)
        var indices: [Int] = []
        var outcomes = Array(repeating: [Float](), count: targets.count)
        for t in first..<max(first, last + 1) {
            let level = LoadFeatures.level(series, t)
            let truths = targets.all.map { targets.outcome($0, after: t, in: series) }
            guard !truths.contains(nil) else { continue }
            indices.append(t)
            for (position, truth) in truths.enumerated() {
                outcomes[position].append(Float(Elementary.log1p(truth ?? 0) - level))
            }
        }
        var values = [Float](repeating: .nan, count: indices.count * LoadFeatures.count)
        var row: [Double] = []
        for (position, t) in indices.enumerated() {
            LoadFeatures.row(series, t, &row)
            for (column, value) in row.enumerated() {
                values[column * indices.count + position] = Float(value)
            }
        }
        (self.indices, self.values, self.outcomes) = (indices, values, outcomes)
    }

    func row(_ index: Int) -> [Double] {
        (0..<LoadFeatures.count).map { Double(values[$0 * rows + index]) }
    }
}
