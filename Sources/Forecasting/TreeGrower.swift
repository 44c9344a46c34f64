import Seeded

/// Grows one tree, always at the leaf whose split gains most.
struct TreeGrower {
    private struct Split {
        let column: Int
        /// Rows in this bin and below go left.
        let bin: Int
        let gain: Double
    }

    private struct Leaf {
        let node: Int
        let rows: Range<Int>
        let histogram: [UInt64]
        let split: Split?
    }

    private let table: BinnedTable
    private let level: Double
    private let settings: GradientBoostedTrees.Settings
    private let residuals: [Float]
    /// For each row 1 << 32 for itself, and 1 more when it lies above its prediction.
    private let marks: [UInt64]
    /// Columns that this tree may use.
    private let columns: [Int]
    /// Rows that this tree sees, those of a leaf together.
    private var order: [Int32]

    init(
        _ table: BinnedTable,
        _ targets: [Float],
        _ predictions: [Float],
        _ level: Double,
        _ settings: GradientBoostedTrees.Settings,
        _ generator: inout SeededGenerator
    ) {
        self.table = table
        self.level = level
        self.settings = settings
        residuals = zip(targets, predictions).map { $0 - $1 }
        marks = residuals.map { $0 > 0 ? 1 << 32 | 1 : 1 << 32 }
        order = (0..<Int32(table.rows)).filter { _ in generator.unit() < settings.rowShare }
        var left = Array(table.columns.indices)
        let wanted = max(1, Int(Double(left.count) * settings.columnShare))
        columns = (0..<wanted).map { _ in left.remove(at: generator.below(left.count)) }.sorted()
    }

    /// - Returns: nil when nothing is worth a split.
    mutating func grow() -> [GradientBoostedTrees.Node]? {
        var nodes = [GradientBoostedTrees.Node(column: -1, threshold: 0, left: 0, value: 0)]
        let all = 0..<order.count
        let histogram = histogram(all)
        var leaves = [leaf(0, all, histogram)]
        while leaves.count < settings.leaves,
            let best = leaves.indices.max(by: { gain(leaves[$0]) < gain(leaves[$1]) }),
            let split = leaves[best].split
        {
            let parent = leaves.remove(at: best)
            let children = divide(parent, split, nodes.count)
            let column = table.columns[columns[split.column]]
            nodes[parent.node].column = Int16(column.index)
            nodes[parent.node].threshold = split.bin == 0 ? -.infinity : column.thresholds[split.bin - 1]
            nodes[parent.node].left = Int16(nodes.count)
            nodes.append(contentsOf: repeatElement(nodes[0], count: 2))
            for child in children { nodes[child.node].column = -1 }
            leaves += children
        }
        guard leaves.count > 1 else { return nil }
        for leaf in leaves {
            var values = leaf.rows.map { residuals[Int(order[$0])] }
            let step = Float(Float16(Float(settings.rate) * GradientBoostedTrees.quantile(&values, level)))
            nodes[leaf.node] = .init(column: -1, threshold: 0, left: 0, value: step)
        }
        return nodes
    }

    /// Adds a tree's values to the predictions of all rows, also of those that it did not see.
    func add(_ tree: [GradientBoostedTrees.Node], to predictions: inout [Float]) {
        var place: [Int: (column: Int, bin: UInt8)] = [:]
        for (index, node) in tree.enumerated() where node.column >= 0 {
            guard let column = table.columns.firstIndex(where: { $0.index == Int(node.column) }) else {
                continue
            }
            let bin = table.columns[column].thresholds.firstIndex { $0 >= node.threshold } ?? 0
            place[index] = (column, node.threshold == -.infinity ? 0 : UInt8(bin + 1))
        }
        let steps = tree.indices.map { place[$0] ?? (-1, 0) }
        for row in 0..<table.rows {
            var index = 0
            while steps[index].column >= 0 {
                let goesRight = table.columns[steps[index].column].bins[row] > steps[index].bin
                index = Int(tree[index].left) + (goesRight ? 1 : 0)
            }
            predictions[row] += tree[index].value
        }
    }

    // MARK: Splitting

    private func gain(_ leaf: Leaf) -> Double { leaf.split?.gain ?? 0 }

    private func leaf(_ node: Int, _ rows: Range<Int>, _ histogram: [UInt64]) -> Leaf {
        Leaf(node: node, rows: rows, histogram: histogram, split: bestSplit(rows.count, histogram))
    }

    /// Counts of rows, and of those above their predictions, by column and bin.
    private func histogram(_ rows: Range<Int>) -> [UInt64] {
        var histogram = [UInt64](repeating: 0, count: columns.count * BinnedTable.binsMax)
        histogram.withUnsafeMutableBufferPointer { histogram in
            order.withUnsafeBufferPointer { order in
                marks.withUnsafeBufferPointer { marks in
                    for (position, column) in columns.enumerated() {
                        let first = position * BinnedTable.binsMax
                        let counts = UnsafeMutableBufferPointer(
                            rebasing: histogram[first..<(first + BinnedTable.binsMax)]
                        )
                        table.columns[column].bins.withUnsafeBufferPointer { bins in
                            for index in rows {
                                let row = Int(order[index])
                                counts[Int(bins[row])] &+= marks[row]
                            }
                        }
                    }
                }
            }
        }
        return histogram
    }

    private func bestSplit(_ rows: Int, _ histogram: [UInt64]) -> Split? {
        guard rows >= 2 * settings.rowsInLeafMin else { return nil }
        let total = histogram[..<BinnedTable.binsMax].reduce(0, &+)
        var best: Split?
        for position in columns.indices {
            let bins = histogram[(position * BinnedTable.binsMax)..<((position + 1) * BinnedTable.binsMax)]
            var left: UInt64 = 0
            let last = table.columns[columns[position]].thresholds.count
            for bin in 0...last {
                left &+= bins[bins.startIndex + bin]
                let count = Int(left >> 32)
                guard count >= settings.rowsInLeafMin else { continue }
                guard rows - count >= settings.rowsInLeafMin else { break }
                let gain = score(left) + score(total &- left) - score(total)
                if gain > best?.gain ?? 1e-9 { best = Split(column: position, bin: bin, gain: gain) }
            }
        }
        return best
    }

    /// The squared sum of the loss's slopes over the rows.
    private func score(_ counts: UInt64) -> Double {
        let (rows, above) = (Double(counts >> 32), Double(counts & 0xFFFF_FFFF))
        let slope = level * rows - (rows - above)
        return slope * slope / rows
    }

    private mutating func divide(_ parent: Leaf, _ split: Split, _ firstNode: Int) -> [Leaf] {
        let bins = table.columns[columns[split.column]].bins
        var (left, right): ([Int32], [Int32]) = ([], [])
        left.reserveCapacity(parent.rows.count)
        for index in parent.rows {
            if Int(bins[Int(order[index])]) <= split.bin {
                left.append(order[index])
            } else {
                right.append(order[index])
            }
        }
        order.replaceSubrange(parent.rows, with: left + right)
        let middle = parent.rows.lowerBound + left.count
        let ranges = [parent.rows.lowerBound..<middle, middle..<parent.rows.upperBound]
        // Only the smaller child is counted; the other is the difference.
        let smaller = left.count <= right.count ? 0 : 1
        let counted = histogram(ranges[smaller])
        let rest = zip(parent.histogram, counted).map { $0 &- $1 }
        return (0..<2).map { leaf(firstNode + $0, ranges[$0], $0 == smaller ? counted : rest) }
    }
}
