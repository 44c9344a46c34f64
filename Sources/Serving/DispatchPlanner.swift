package import Batching
import ONNX

/// Decides how a model's requests are batched on this machine: from the profile in its configuration, or from a quick
/// measurement where it has none.
package struct DispatchPlanner: Sendable {
    package struct Settings: Equatable, Sendable {
        /// Cores that executors may use.
        package var cores = 1
        /// Type of this machine, under which configurations keep its profile.
        package var machine: String?
        /// The objective of models that have none.
        package var slo: Duration?
        /// What of the objective is kept for the network and the clock; nil for 1 % of it, at least 1 ms.
        package var margin: Duration?
        /// Batches at once; nil for what the profile says is best, and one for each core without a profile.
        package var executors: Int?
        /// Threads of an executor.
        package var threads: Int?
        package var price = BatchingPolicy.Price.sunk
        /// A model whose batches of one take less than this runs on the thread that reads requests: waking another takes longer.
        package var callerBelow = Duration.microseconds(200)
        /// Threads that read requests; those run the small models.
        package var readers = 1

        package init() {}
    }

    private let settings: Settings
    private let measured: @Sendable (String) -> MachineProfile?
    private let now: @Sendable () -> Duration

    /// - Parameter measured: a model's profile as measured on this very machine, which counts more than a kept one.
    package init(
        _ settings: Settings,
        measured: @escaping @Sendable (String) -> MachineProfile? = { _ in nil },
        now: @escaping @Sendable () -> Duration
    ) {
        self.settings = settings
        self.measured = measured
        self.now = now
    }

    /// Executors and threads for a model, before it is loaded.
    package func layout(_ name: String, _ configuration: ModelConfiguration) -> (executors: Int, threads: Int)
    {
        let best = profile(name, configuration)?.best(
            within: slo(configuration) ?? .seconds(1),
            coresMax: settings.cores
        )
        let threads = settings.threads ?? best?.threads ?? 1
        return (settings.executors ?? best?.executors ?? max(1, settings.cores / threads), threads)
    }

    private func profile(_ name: String, _ configuration: ModelConfiguration) -> MachineProfile? {
        measured(name) ?? settings.machine.flatMap { configuration.profiles[$0] }
    }

    private func slo(_ configuration: ModelConfiguration) -> Duration? {
        configuration.slo.map { .milliseconds($0.latencyMilliseconds) } ?? settings.slo
    }

    /// Loads the model if need be, and measures it if nobody has; blocks while it does.
    package func plan(_ model: Model) throws(ServingError) -> Dispatchers.Plan {
        let configuration = model.configuration
        guard let slo = slo(configuration) else {
            throw ServingError(
                status: 503,
                "model '\(model.name)' has no latency objective; add \"slo\": {\"latency_ms\": …, \"target\": …} to its config.json, "
                    + "or start with --slo-ms"
            )
        }
        let session = try model.session()
        let (executors, threads) = layout(model.name, configuration)
        let margin = settings.margin ?? max(.milliseconds(1), slo / 100)
        let profile = try latencyProfile(model, session, executors, threads, slo - margin)
        let isSmall = profile[1] < settings.callerBelow
        do {
            let policy = try BatchingPolicy(
                profile: profile,
                slo: slo,
                margin: margin,
                executors: isSmall ? settings.readers : executors,
                price: settings.price,
                sizeMax: sizeMax(model, session),
                target: configuration.slo?.target ?? 0.99
            )
            return Dispatchers.Plan(
                policy: policy,
                placement: isSmall ? .caller : .threads
            )
        } catch {
            throw ServingError(status: 503, "model '\(model.name)': \(error)")
        }
    }

    private func sizeMax(_ model: Model, _ session: Session) -> Int {
        let batching = model.configuration.batching
        return batching.isEnabled && session.isBatchable ? batching.sizeMax ?? .max : 1
    }

    private func latencyProfile(
        _ model: Model,
        _ session: Session,
        _ executors: Int,
        _ threads: Int,
        _ time: Duration
    ) throws(ServingError) -> LatencyProfile {
        let known = profile(model.name, model.configuration)?.configurations.first {
            $0.executors == executors && $0.threads == threads
        }
        do throws(InvalidProfile) {
            if let known { return try known.latencyProfile() }
        } catch {
            throw ServingError(status: 503, "model '\(model.name)': \(error)")
        }
        let measurement = ProfileMeasurement(session, executors: executors, inputs: RandomInputs(), now: now)
        var points: [(size: Int, latency: Duration)] = []
        let sizeMax = min(sizeMax(model, session), Self.measuredMax)
        var rows = 1
        while rows <= sizeMax {
            // A few runs say nothing of the slowest of a hundred; what the runs in service add to it is observed.
            let result = try measurement.measure(rows: rows, .quick)
            points.append((rows, result.p50 * 1.1))
            // Larger batches would never be in time, or take memory that the engine never gives back.
            if result.p50 > time || result.bytes > Self.bytesMax { break }
            rows *= 2
        }
        do throws(InvalidProfile) { return try LatencyProfile(points) } catch {
            throw ServingError(status: 503, "model '\(model.name)': \(error)")
        }
    }

    private static let measuredMax = 32
    private static let bytesMax = 16 << 20
}
