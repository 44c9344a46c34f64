import Batching
import ONNX
import Serving
import Synchronization
import Threading

/// The backend's models, loaded and measured on a thread of their own while the server already listens.
final class ServingEngine: Sendable {
    private enum State {
        case loading
        case open(ModelRepository)
        case failed(ServingError)
    }

    private let models: String
    private let planner: DispatchPlanner
    private let dispatchers: Dispatchers
    private let generators: Generators
    private let measurement: StartMeasurement?
    private let now: @Sendable () -> Duration
    private let state = Mutex(State.loading)
    private let watching = AlarmClock()
    private let watchInterval: Duration?

    init(
        models: String,
        planner: DispatchPlanner,
        _ dispatchers: Dispatchers,
        _ generators: Generators,
        measurement: StartMeasurement?,
        watchInterval: Duration?,
        now: @escaping @Sendable () -> Duration
    ) {
        self.models = models
        self.planner = planner
        self.dispatchers = dispatchers
        self.generators = generators
        self.measurement = measurement
        self.watchInterval = watchInterval
        self.now = now
    }

    /// The repository; refuses, but does not wait, until it is loaded.
    func repository() throws(ServingError) -> ModelRepository {
        switch state.withLock({ $0 }) {
        case .open(let repository): return repository
        case .failed(let error): throw error
        case .loading: throw ServingError(status: 503, "models are being loaded; try again in a moment")
        }
    }

    /// - Parameter loaded: called once the models are served.
    func start(loaded: @escaping @Sendable () -> Void) {
        Thread.start { [self] in
            do throws(ServingError) {
                let repository = try load()
                state.withLock { $0 = .open(repository) }
                loaded()
                watch(repository)
            } catch {
                Terminal.note("mark serve: \(error)")
                state.withLock { $0 = .failed(error) }
            }
        }
    }

    /// What is done to versions that come and go.
    private var effects: ModelRepository.Effects {
        let (tensors, texts) = (dispatchers.effects, generators.effects)
        var effects = ModelRepository.Effects()
        effects.prepare = { (model) throws(ServingError) in
            try tensors.prepare(model)
            if model.configuration.generation != nil { try texts.prepare(model) }
        }
        effects.changed = { models in
            tensors.changed(models)
            texts.changed(models)
        }
        return effects
    }

    private func load() throws(ServingError) -> ModelRepository {
        let runtime: ONNXRuntime
        do throws(ONNXError) { runtime = try EngineLibrary.load() } catch {
            throw ServingError(status: 503, error.description)
        }
        var options = SessionOptions()
        // Versions that come and go here often have most of their weights in common.
        options.sharesWeights = true
        let repository = try ModelRepository(
            folder: models,
            options: options,
            runtime: runtime,
            threads: { [planner] in planner.layout($0, $1).threads },
            effects: effects,
            now: now
        )
        measurement?.run(models, Set(repository.all.map(\.name)).sorted(), runtime)
        for folder in repository.unusable { Terminal.note("Not served: \(folder.reason)") }
        for model in repository.all {
            do throws(ServingError) {
                let dispatcher = try dispatchers.worker(for: model)
                Terminal.note(Self.summary(model, dispatcher))
                if model.configuration.generation != nil {
                    Terminal.note(Self.summary(model, try generators.worker(for: model)))
                }
            } catch {
                Terminal.note("Not served: \(error)")
            }
        }
        repository.dropFailed()
        for version in repository.refused {
            Terminal.note("Not served: \(version.name) \(version.version): \(version.reason)")
        }
        return repository
    }

    /// Follows what becomes of the repository's folder, where that is asked for, until the process ends.
    private func watch(_ repository: ModelRepository) {
        guard let watchInterval else { return }
        let watch = Mutex(RepositoryWatch(repository.stamps))
        watching.start { [self] in
            if let folders = repository.folders() {
                for change in watch.withLock({ $0.look(folders) }) {
                    if let note = repository.follow(change) { Terminal.note(note) }
                }
            }
            watching.set(now() + watchInterval)
        }
        watching.set(now() + watchInterval)
    }

    /// One line that says how a model's texts are made.
    private static func summary(_ model: Model, _ generator: Generator) -> String {
        let policy = generator.policy
        let milliseconds = [1, policy.slots].map {
            "\((policy.step[$0] / .microseconds(10)).rounded() / 100) ms"
        }
        return
            "Texts of \(model.name) \(model.version): a step takes \(milliseconds[0]) for one, \(milliseconds[1]) for \(policy.slots)"
    }

    /// One line that says how a model is served.
    private static func summary(_ model: Model, _ dispatcher: Dispatcher) -> String {
        let policy = dispatcher.policy
        let alone = (policy.profile[1] / .microseconds(10)).rounded() / 100
        let batches =
            policy.sizeCap > 1 ? "batches of up to \(policy.sizeCap)" : "no batches, which would not pay"
        let place = dispatcher.placement == .caller ? "in line" : "\(policy.executors) at once"
        return
            "Serving \(model.name) \(model.version): one request takes \(alone) ms, objective \(policy.slo / .milliseconds(1)) ms, "
            + "\(batches), \(place)"
    }
}
