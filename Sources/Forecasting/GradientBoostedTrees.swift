import Seeded

/// Boosted regression trees for a quantile: many small trees, each a step down the pinball loss (Friedman 2001; leaf-wise
/// growth on binned columns as in LightGBM, Ke et al., NIPS '17).
///
/// The pinball loss has two slopes only, so that a histogram needs no sums of gradients but two counts, packed into one integer.
package struct GradientBoostedTrees: Equatable, Sendable {
    package struct Settings: Equatable, Sendable {
        package var trees = 160
        package var leaves = 15
        package var rate = 0.045
        package var rowsInLeafMin = 20
        /// Shares of the rows and columns that a tree sees.
        package var rowShare = 0.7
        package var columnShare = 0.5
    }

    /// A split or, with `column` < 0, a leaf.
    package struct Node: Equatable, Sendable {
        var column: Int16
        /// Rows whose value is at most the threshold, or that have none, go left.
        var threshold: Float
        /// The index of the left child, which the right one follows.
        var left: Int16
        var value: Float
    }

    package var start: Float
    package var trees: [[Node]]

    package func predict(_ row: [Double]) -> Double {
        trees.reduce(Double(start)) { $0 + Double(Self.value(of: $1, row)) }
    }

    private static func value(of tree: [Node], _ row: [Double]) -> Float {
        var node = tree[0]
        while node.column >= 0 {
            let goesRight = Float(row[Int(node.column)]) > node.threshold
            node = tree[Int(node.left) + (goesRight ? 1 : 0)]
        }
        return node.value
    }

    /// - Parameters:
    ///   - table: the rows to learn from.
    ///   - targets: one a row.
    ///   - level: the quantile, as 0.5.
    package init(
        _ table: BinnedTable,
        targets: [Float],
        level: Double,
        settings: Settings = Settings(),
        seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        var sorted = targets
        start = sorted.isEmpty ? 0 : Self.quantile(&sorted, level)
        trees = []
        guard table.rows >= 4 * settings.rowsInLeafMin, !table.columns.isEmpty else { return }
        var predictions = [Float](repeating: start, count: table.rows)
        for _ in 0..<settings.trees {
            var grower = TreeGrower(table, targets, predictions, level, settings, &generator)
            guard let tree = grower.grow() else { continue }
            grower.add(tree, to: &predictions)
            trees.append(tree)
        }
    }

    package init(start: Float, trees: [[Node]]) {
        self.start = start
        self.trees = trees
    }

    /// The `level` quantile, by Hoare's selection; changes the order of the values.
    package static func quantile(_ values: inout [Float], _ level: Double) -> Float {
        let wanted = min(values.count - 1, Int(Double(values.count) * level))
        var (low, high) = (0, values.count - 1)
        while low < high {
            let pivot = values[(low + high) / 2]
            var (i, j) = (low, high)
            while i <= j {
                while values[i] < pivot { i += 1 }
                while values[j] > pivot { j -= 1 }
                if i <= j {
                    values.swapAt(i, j)
                    i += 1
                    j -= 1
                }
            }
            if wanted <= j { high = j } else if wanted >= i { low = i } else { break }
        }
        return values[wanted]
    }
}
