import Seeded

/// Trains the network on strands of the series side by side, each read from its first minute to its last in every epoch, with slopes
/// through at most `stretch` minutes (truncated backpropagation through time; Werbos 1990).
package struct NetworkTraining {
    package struct Settings: Equatable, Sendable {
        package var units = 24
        package var epochs = 40
        /// Epochs of a network that was trained before.
        package var epochsMore = 4
        /// Epochs without progress on the validation rows after which training ends.
        package var patience = 6
        package var rate = 0.004
        package var strands = 8
        package var stretch = 48
        /// The newest rows, which are not learnt from but measured on.
        package var validationShare = 0.1

        package init() {}
    }

    private let settings: Settings
    private let scaling: RobustScaling
    private let levels: [Double]
    private let inputs: [[Double]]
    private let targets: [[Double]]
    private let before: LoadNetwork?
    private var generator: SeededGenerator

    /// - Parameter before: a network to train further, whose inputs keep the scale that it knows.
    init(
        _ table: TrainingTable,
        _ targets: LoadTargets,
        settings: Settings,
        before: LoadNetwork?,
        seed: UInt64
    ) {
        self.settings = settings
        levels = targets.all.map(\.level)
        let fresh = RobustScaling(
            columns: LoadFeatures.networkColumns,
            rows: table.rows,
            values: table.values
        )
        // Inputs that were constant when it was trained mean nothing to it: it begins anew when there are more.
        if let before, before.scaling.sees(asMuchAs: fresh), before.head.outputs == targets.count,
            before.lstm.units == settings.units
        {
            self.before = before
        } else {
            self.before = nil
        }
        let scaling = self.before?.scaling ?? fresh
        self.scaling = scaling
        inputs = (0..<table.rows).map { scaling.scaled(table.row($0)) }
        self.targets = (0..<table.rows).map { row in table.outcomes.map { Double($0[row]) } }
        generator = SeededGenerator(seed: seed)
    }

    func run(progress: (LoadModels.Progress) -> Void) -> LoadNetwork {
        var generator = generator
        var network =
            before
            ?? LoadNetwork(
                scaling: scaling,
                units: settings.units,
                outputs: levels.count,
                generator: &generator
            )
        let epochs = before == nil ? settings.epochs : settings.epochsMore
        let split = inputs.count - Int(Double(inputs.count) * settings.validationShare)
        var (best, bestLoss, bestEpoch) = (network, validationLoss(network, split), 0)
        var (lstmSteps, headSteps) = (
            Adam(count: network.lstm.weights.count), Adam(count: network.head.weights.count)
        )
        for epoch in 1...max(1, epochs) {
            // The steps get shorter, down to a tenth.
            let rate = settings.rate * (1 - 0.9 * Double(epoch - 1) / Double(max(1, epochs - 1)))
            let loss = learn(&network, split, rate, &lstmSteps, &headSteps)
            let validation = validationLoss(network, split)
            progress(.epoch(epoch, of: epochs, loss: loss, validation: validation))
            if validation < bestLoss {
                (best, bestLoss, bestEpoch) = (network, validation, epoch)
            } else if epoch - bestEpoch >= settings.patience {
                break
            }
        }
        return best.rounded
    }

    /// One epoch.
    ///
    /// - Returns: the mean loss of a minute.
    private func learn(
        _ network: inout LoadNetwork,
        _ end: Int,
        _ rate: Double,
        _ lstmSteps: inout Adam,
        _ headSteps: inout Adam
    ) -> Double {
        let length = max(1, end / settings.strands)
        var states = Array(repeating: LSTM.State(units: network.lstm.units), count: settings.strands)
        var loss = 0.0
        for offset in stride(from: 0, to: length, by: settings.stretch) {
            var gradient = LoadNetwork.Gradient(network)
            var count = 0
            for strand in 0..<settings.strands {
                let start = strand * length + offset
                let range = start..<min(start + settings.stretch, (strand + 1) * length, end)
                guard !range.isEmpty else { continue }
                loss += network.learn(
                    inputs[range],
                    targets[range],
                    levels: levels,
                    state: &states[strand],
                    gradient: &gradient
                )
                count += range.count
            }
            guard count > 0 else { continue }
            gradient.normalize(by: count, lengthMax: 1)
            lstmSteps.update(&network.lstm.weights, gradient: gradient.lstm, rate: rate)
            headSteps.update(&network.head.weights, gradient: gradient.head, rate: rate)
        }
        return loss / Double(max(1, length * settings.strands))
    }

    /// The mean loss on the rows from `start` on, with a memory of the two hours before.
    private func validationLoss(_ network: LoadNetwork, _ start: Int) -> Double {
        var state = LSTM.State(units: network.lstm.units)
        var loss = 0.0
        for t in max(0, start - 120)..<inputs.count {
            let said = network.step(inputs[t], &state)
            guard t >= start else { continue }
            for o in levels.indices {
                let miss = targets[t][o] - said[o]
                loss += miss > 0 ? levels[o] * miss : (levels[o] - 1) * miss
            }
        }
        return loss / Double(max(1, inputs.count - start))
    }
}

extension LoadNetwork {
    /// With weights as they are kept: what runs after a restart is what ran before it.
    var rounded: LoadNetwork {
        var network = self
        network.lstm.weights = lstm.weights.map { Double(Float($0)) }
        network.head.weights = head.weights.map { Double(Float($0)) }
        return network
    }
}
