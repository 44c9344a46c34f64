import Forecasting
import Seeded
import TestKit
import Testing

@Suite struct `A network` {
    private static func network(_ generator: inout SeededGenerator) -> LoadNetwork {
        let scaling = RobustScaling(columns: [0, 1, 2], medians: [0, 0, 0], scales: [1, 1, 1])
        var network = LoadNetwork(scaling: scaling, units: 4, outputs: 3, generator: &generator)
        for index in network.head.weights.indices { network.head.weights[index] = generator.unit() - 0.5 }
        return network
    }

    private static func numbers(_ count: Int, _ width: Int, _ generator: inout SeededGenerator) -> [[Double]]
    {
        (0..<count).map { _ in (0..<width).map { _ in 2 * generator.unit() - 1 } }
    }

    /// The slope of every weight of both layers, through seven steps of time.
    @Test func `knows the slopes that finite differences find`() {
        var generator = SeededGenerator(seed: 7)
        let network = Self.network(&generator)
        let (inputs, targets) = (Self.numbers(7, 3, &generator), Self.numbers(7, 3, &generator))
        func loss(_ network: LoadNetwork) -> (Double, LoadNetwork.Gradient) {
            var state = LSTM.State(units: 4)
            var gradient = LoadNetwork.Gradient(network)
            let loss = network.learn(
                inputs[...],
                targets[...],
                levels: [0.5, 0.5, 0.9],
                state: &state,
                gradient: &gradient
            )
            return (loss, gradient)
        }
        let gradient = loss(network).1
        let step = 1e-6
        for index in network.lstm.weights.indices {
            var (more, less) = (network, network)
            more.lstm.weights[index] += step
            less.lstm.weights[index] -= step
            let slope = (loss(more).0 - loss(less).0) / (2 * step)
            #expect(abs(slope - gradient.lstm[index]) < 1e-6, "LSTM weight \(index)")
        }
        for index in network.head.weights.indices {
            var (more, less) = (network, network)
            more.head.weights[index] += step
            less.head.weights[index] -= step
            let slope = (loss(more).0 - loss(less).0) / (2 * step)
            #expect(abs(slope - gradient.head[index]) < 1e-6, "head weight \(index)")
        }
    }

    @Test func `learns to foresee a wave, and stops when it learns no more`() throws {
        let counts = (0..<1500).map { 100 + 60 * Elementary.sine(turns: Double($0) / 40) }
        var losses: [Double] = []
        var settings = LoadModels.Settings()
        settings.trees.trees = 1
        let models = LoadModels(
            LoadSeries(counts),
            LoadTargets(),
            settings: settings,
            before: nil
        ) { if case .epoch(_, _, _, let validation) = $0 { losses.append(validation) } }
        #expect(models != nil)
        let (first, least) = (try #require(losses.first), try #require(losses.min()))
        #expect(least < first / 3, "\(losses)")
    }
}
