extension LoadModels {
    func write(to writer: inout StateWriter) {
        for model in regressions { model.write(to: &writer) }
        for model in trees { model.write(to: &writer) }
        network.write(to: &writer)
    }

    init(from reader: inout StateReader, targets: Int) throws {
        self.init(
            regressions: try (0..<targets).map { _ in try QuantileRegression(from: &reader) },
            trees: try (0..<targets).map { _ in try GradientBoostedTrees(from: &reader) },
            network: try LoadNetwork(from: &reader, targets: targets)
        )
    }
}

extension QuantileRegression {
    fileprivate func write(to writer: inout StateWriter) {
        writer.floats(centers)
        writer.floats(scales)
        writer.floats(weights)
        writer.float(intercept)
    }

    fileprivate init(from reader: inout StateReader) throws {
        self.init(
            centers: try reader.floats(LoadFeatures.count),
            scales: try reader.floats(LoadFeatures.count),
            weights: try reader.floats(LoadFeatures.count),
            intercept: try reader.float()
        )
    }
}

extension GradientBoostedTrees {
    fileprivate func write(to writer: inout StateWriter) {
        writer.float(start)
        writer.list(trees) { writer, tree in writer.list(tree) { $1.write(to: &$0) } }
    }

    fileprivate init(from reader: inout StateReader) throws {
        let start = try reader.float()
        let trees = try reader.list { reader in
            let nodes = try reader.list { try Node(from: &$0) }
            let isTree = nodes.indices.allSatisfy { index in
                let left = Int(nodes[index].left)
                return nodes[index].column < 0 || (index < left && left + 1 < nodes.count)
            }
            guard isTree, !nodes.isEmpty else { throw InvalidForecasterState("a tree is none") }
            return nodes
        }
        self.init(start: start, trees: trees)
    }
}

extension GradientBoostedTrees.Node {
    /// A leaf is 0 and its value; a split its column + 1, threshold and left child.
    fileprivate func write(to writer: inout StateWriter) {
        writer.byte(UInt8(column + 1))
        if column < 0 {
            writer.half(value)
        } else {
            writer.half(threshold)
            writer.byte(UInt8(left))
        }
    }

    fileprivate init(from reader: inout StateReader) throws {
        let column = Int16(try reader.byte()) - 1
        guard column < LoadFeatures.count else {
            throw InvalidForecasterState("there is no column \(column)")
        }
        if column < 0 {
            self.init(column: -1, threshold: 0, left: 0, value: try reader.half())
        } else {
            let threshold = try reader.half()
            self.init(column: column, threshold: threshold, left: Int16(try reader.byte()), value: 0)
        }
    }
}

extension LoadNetwork {
    fileprivate func write(to writer: inout StateWriter) {
        writer.list(scaling.columns) { $0.count($1) }
        writer.floats(scaling.medians)
        writer.floats(scaling.scales)
        writer.count(lstm.units)
        writer.floats(lstm.weights.map { Float($0) })
        writer.floats(head.weights.map { Float($0) })
    }

    fileprivate init(from reader: inout StateReader, targets: Int) throws {
        let columns = try reader.list { try $0.count() }
        guard columns.allSatisfy({ $0 < LoadFeatures.count }) else {
            throw InvalidForecasterState("the network reads columns that do not exist")
        }
        let scaling = RobustScaling(
            columns: columns,
            medians: try reader.floats(columns.count),
            scales: try reader.floats(columns.count)
        )
        let units = try reader.count()
        guard (1...256).contains(units) else {
            throw InvalidForecasterState("the network has \(units) units")
        }
        let (inputs, seen) = (columns.count, columns.count + units)
        let lstm = try reader.floats((seen + 1) * 4 * units).map { Double($0) }
        let head = try reader.floats((seen + 1) * targets).map { Double($0) }
        self.init(
            scaling: scaling,
            lstm: LSTM(inputs: inputs, units: units, weights: lstm),
            head: DenseLayer(inputs: seen, outputs: targets, weights: head)
        )
    }
}
