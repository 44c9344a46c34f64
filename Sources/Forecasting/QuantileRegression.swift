/// A linear model of a quantile, with a ridge penalty, by iteratively reweighted least squares (Hunter and Lange 2000).
package struct QuantileRegression: Equatable, Sendable {
    private static let penalty = 0.003
    /// Residuals below this count as this, so that no weight is unbounded.
    private static let residualMin = 0.01
    /// A standardised value further out than this is taken for this.
    private static let clip = 6.0

    /// By column; 0 for one that is not used.
    package private(set) var centers: [Float]
    package private(set) var scales: [Float]
    package private(set) var weights: [Float]
    package private(set) var intercept: Float

    package func predict(_ row: [Double]) -> Double {
        var sum = Double(intercept)
        for column in weights.indices where weights[column] != 0 {
            sum += Double(weights[column]) * Self.standard(row[column], centers[column], scales[column])
        }
        return sum
    }

    @inline(__always)
    private static func standard(_ value: Double, _ center: Float, _ scale: Float) -> Double {
        value.isNaN ? 0 : min(max((value - Double(center)) * Double(scale), -clip), clip)
    }

    package init(centers: [Float], scales: [Float], weights: [Float], intercept: Float) {
        self.centers = centers
        self.scales = scales
        self.weights = weights
        self.intercept = intercept
    }

    /// - Parameters:
    ///   - table: standardised rows.
    ///   - targets: one a row.
    ///   - iterations: after five the loss hardly falls any more, though the weights still move.
    package init(_ table: StandardTable, targets: [Float], level: Double, iterations: Int = 5) {
        let width = table.width
        var solution = [Double](repeating: 0, count: width)
        var sorted = targets
        solution[width - 1] = sorted.isEmpty ? 0 : Double(GradientBoostedTrees.quantile(&sorted, level))
        for _ in 0..<iterations {
            var gram = Gram(width)
            for row in 0..<table.rows {
                let values = table.values[(row * width)..<((row + 1) * width)]
                let target = Double(targets[row])
                var residual = target
                for (value, weight) in zip(values, solution) { residual -= value * weight }
                let slope = residual > 0 ? level : 1 - level
                gram.add(values, target, weight: slope / max(abs(residual), Self.residualMin))
            }
            solution = gram.solve(penalty: Self.penalty) ?? solution
        }
        centers = table.centers
        scales = table.scales
        weights = Array(repeating: 0, count: centers.count)
        for (position, column) in table.columns.enumerated() { weights[column] = Float(solution[position]) }
        intercept = Float(solution[width - 1])
    }

    /// Rows as centred numbers of deviation 1, those that are missing 0, with a last column of ones.
    package struct StandardTable {
        let rows: Int
        let columns: [Int]
        let centers: [Float]
        let scales: [Float]
        /// Rows x (columns and 1).
        let values: [Double]

        var width: Int { columns.count + 1 }

        /// - Parameters:
        ///   - values: of one column after the other, rows of each.
        ///   - usable: columns that make sense as numbers.
        package init(rows: Int, columns count: Int, values all: [Float], usable: (Int) -> Bool) {
            self.rows = rows
            var (centers, scales) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
            for column in 0..<count where usable(column) {
                let known = all[(column * rows)..<((column + 1) * rows)].lazy.filter { !$0.isNaN }
                let number = known.reduce(0) { count, _ in count + 1 }
                guard number * 2 >= rows, number > 1 else { continue }
                let center = known.reduce(0.0) { $0 + Double($1) } / Double(number)
                let squares = known.reduce(0.0) { $0 + (Double($1) - center) * (Double($1) - center) }
                let deviation = (squares / Double(number)).squareRoot()
                guard deviation > 1e-6 else { continue }
                centers[column] = Float(center)
                scales[column] = Float(1 / deviation)
            }
            let columns = (0..<count).filter { scales[$0] > 0 }
            var values: [Double] = []
            values.reserveCapacity(rows * (columns.count + 1))
            for row in 0..<rows {
                for column in columns {
                    values.append(
                        QuantileRegression.standard(
                            Double(all[column * rows + row]),
                            centers[column],
                            scales[column]
                        )
                    )
                }
                values.append(1)
            }
            (self.columns, self.centers, self.scales, self.values) = (columns, centers, scales, values)
        }
    }

    /// The normal equations.
    private struct Gram {
        let width: Int
        /// width x width; the upper triangle is used.
        var products: [Double]
        var right: [Double]
        var weight = 0.0

        init(_ width: Int) {
            self.width = width
            products = Array(repeating: 0, count: width * width)
            right = Array(repeating: 0, count: width)
        }

        mutating func add(_ values: ArraySlice<Double>, _ target: Double, weight: Double) {
            self.weight += weight
            let width = width
            values.withUnsafeBufferPointer { values in
                products.withUnsafeMutableBufferPointer { products in
                    for i in 0..<width {
                        let value = values[i] * weight
                        right[i] += value * target
                        let row = UnsafeMutableBufferPointer(
                            rebasing: products[(i * width)..<((i + 1) * width)]
                        )
                        for j in i..<width { row[j] += value * values[j] }
                    }
                }
            }
        }

        /// Cholesky; nil when the equations are singular.
        func solve(penalty: Double) -> [Double]? {
            var a = products
            // The intercept is not drawn to zero.
            for i in 0..<(width - 1) { a[i * width + i] += penalty * weight }
            for i in 0..<width {
                for k in 0..<i {
                    let factor = a[k * width + i]
                    for j in i..<width { a[i * width + j] -= factor * a[k * width + j] }
                }
                let pivot = a[i * width + i]
                guard pivot > 1e-12 else { return nil }
                let scale = 1 / pivot.squareRoot()
                for j in i..<width { a[i * width + j] *= scale }
            }
            var x = right
            for i in 0..<width {
                for k in 0..<i { x[i] -= a[k * width + i] * x[k] }
                x[i] /= a[i * width + i]
            }
            for i in stride(from: width - 1, through: 0, by: -1) {
                for k in (i + 1)..<max(width, i + 1) { x[i] -= a[i * width + k] * x[k] }
                x[i] /= a[i * width + i]
            }
            return x
        }
    }
}
