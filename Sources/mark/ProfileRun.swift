import ONNX
import Serving
import Threading

/// Measures a model with one thread, with all cores as executors, and with all cores for one; blocks while it does.
struct ProfileRun: Sendable {
    let model: String
    let file: ConfigurationFile
    let cores: Int
    let sizeMax: Int
    let slo: Duration?
    let time: Duration
    let memoryMax: Int
    let inputs: RandomInputs
    /// Of each batch size, however long it takes.
    var runsMin = 30

    /// - Parameter runtime: nil to load one.
    func run(_ runtime: ONNXRuntime? = nil) throws -> [MachineProfile.Configuration] {
        let runtime = try runtime ?? EngineLibrary.load()
        var layouts = [(executors: 1, threads: 1)]
        if cores > 1 { layouts += [(cores, 1), (1, cores)] }
        return try layouts.map { layout in
            var options = SessionOptions()
            options.threads = layout.threads
            options.prepacking = file.configuration.prepacking
            options.optimization = file.configuration.optimization ?? .all
            let session = try Session(model: file.modelPath, options: options, runtime: runtime)
            let batches = try measure(session, layout.executors, layout.threads)
            return .init(executors: layout.executors, threads: layout.threads, batches: batches)
        }
    }

    private func measure(_ session: Session, _ executors: Int, _ threads: Int) throws -> [MachineProfile
        .Batch]
    {
        let measurement = ProfileMeasurement(session, executors: executors, inputs: inputs) {
            MonotonicClock.now()
        }
        var budget = ProfileMeasurement.Budget()
        budget.time = time
        budget.runsMin = runsMin
        var batches: [MachineProfile.Batch] = []
        var rows = 1
        while rows <= (session.isBatchable && file.configuration.batching.isEnabled ? sizeMax : 1) {
            Terminal.progress("\(executors) x \(threads) threads: batches of \(rows) …")
            let result = try measurement.measure(rows: rows, budget)
            let memory = Machine.residentBytes()
            batches.append(
                .init(
                    size: rows,
                    p50: Self.milliseconds(result.p50),
                    p99: Self.milliseconds(result.p99),
                    memoryMegabytes: Double(memory >> 20)
                )
            )
            // Larger ones could not be in time, or would not fit.
            if memory > memoryMax { break }
            if let slo, result.p50 > slo { break }
            rows *= 2
        }
        return batches
    }

    /// To a tenth of a microsecond.
    private static func milliseconds(_ time: Duration) -> Double {
        max(0.0001, ((time / .microseconds(1)) * 10).rounded() / 10_000)
    }
}
