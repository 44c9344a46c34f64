import Batching
import ONNX

/// Decides how many texts of a model are made at once, by measuring its steps: t(b) for some numbers of texts, and prompts.
package struct GenerationPlanner: Sendable {
    package struct Settings: Equatable, Sendable {
        /// The objective of models that have none.
        package var slo: Duration?
        /// What of the objective is kept for the network and the clock; nil for 1 % of it, at least 1 ms.
        package var margin: Duration?
        /// Texts at once, whatever the model's configuration says.
        package var slotsMax: Int?

        package init() {}
    }

    private let settings: Settings
    private let now: @Sendable () -> Duration

    package init(_ settings: Settings, now: @escaping @Sendable () -> Duration) {
        self.settings = settings
        self.now = now
    }

    /// Tokens of a prompt that are read between two steps.
    private static let chunk = 64
    private static let runs = 3

    /// Loads the model if need be, and measures it; blocks for some tens of steps.
    package func plan(_ model: Model) throws(ServingError) -> Generator {
        guard let configuration = model.configuration.generation else {
            throw .badRequest(
                "model '\(model.name)' makes no texts; send tensors to /v2/models/\(model.name)/infer, or add "
                    + "\"generation\" to its config.json"
            )
        }
        let generation = try Self.generationModel(model, configuration)
        let slo = model.configuration.slo.map { .milliseconds($0.latencyMilliseconds) } ?? settings.slo
        guard let slo else {
            throw ServingError(
                status: 503,
                "model '\(model.name)' has no latency objective; add \"slo\": {\"latency_ms\": …, \"target\": …} to its config.json, "
                    + "or start with --slo-ms"
            )
        }
        // A translation may be searched for, by as many rows as the widest beam has.
        let least = generation.encoder == nil ? 1 : BeamSearch.widths.upperBound
        let slots = min(configuration.slots, max(settings.slotsMax ?? .max, least))
        let margin = settings.margin ?? max(.milliseconds(1), slo / 100)
        do {
            let (step, prompt) = try measure(generation, slots)
            let policy = try GenerationPolicy(
                step: step,
                prompt: prompt,
                slots: slots,
                chunk: generation.encoder == nil ? Self.chunk : nil,
                slo: slo,
                margin: margin
            )
            return Generator(generation, policy, now: now)
        } catch {
            throw error as? ServingError ?? ServingError(status: 503, "model '\(model.name)': \(error)")
        }
    }

    private static func generationModel(
        _ model: Model,
        _ configuration: GenerationConfiguration
    ) throws(ServingError) -> GenerationModel {
        let session = try model.session()
        return try GenerationModel(configuration, session) { file throws(ServingError) in
            do throws(ONNXError) { return try session.companion(file) } catch {
                throw ServingError(
                    status: 503,
                    "model '\(model.name)': its encoder cannot be loaded: \(error)"
                )
            }
        }
    }

    private func measure(
        _ model: GenerationModel,
        _ slots: Int
    ) throws -> (step: LatencyProfile, prompt: LatencyProfile) {
        let token = model.configuration.start.first ?? 0
        let memory = GenerationMemory(model, slots: slots, promptMax: Self.chunk)
        var prompts: [(size: Int, latency: Duration)] = []
        for length in [1, Self.chunk] {
            let prompt = Array(repeating: token, count: length)
            prompts.append((length, try time { _ = try memory.read(prompt[...], isFirst: true) }))
        }
        var steps: [(size: Int, latency: Duration)] = []
        for size in Self.sizes(slots) {
            while memory.count < size { memory.append() }
            let last = Array(repeating: token, count: size)
            steps.append((size, try time { _ = try memory.step(last) }))
        }
        return (try LatencyProfile(steps), try LatencyProfile(prompts))
    }

    /// 1, 2, 4, … and the most.
    private static func sizes(_ slots: Int) -> [Int] {
        var sizes = Array(sequence(first: 1) { $0 * 2 < slots ? $0 * 2 : nil })
        if slots > 1 { sizes.append(slots) }
        return sizes
    }

    /// The median of a few runs, once warm.
    private func time(_ run: () throws -> Void) throws -> Duration {
        try run()
        var times: [Duration] = []
        for _ in 0..<Self.runs {
            let start = now()
            try run()
            times.append(max(.nanoseconds(1), now() - start))
        }
        return times.sorted()[Self.runs / 2]
    }
}
