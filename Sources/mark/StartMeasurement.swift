import ONNX
import Serving
import Synchronization

/// What `mark serve --measure` finds out about its models before it loads them.
final class StartMeasurement: Sendable {
    private let profiles = Mutex<[String: MachineProfile]>([:])
    private let cores: Int
    private let slo: Duration?

    /// Of each batch size; five sizes in three layouts take three seconds.
    private static let time = Duration.milliseconds(200)

    init(cores: Int, slo: Duration?) {
        self.cores = cores
        self.slo = slo
    }

    func profile(_ model: String) -> MachineProfile? { profiles.withLock { $0[model] } }

    /// Measures the models of a repository; blocks while it does.
    ///
    /// One that cannot be measured is left to its kept profile, and to the error of its loading.
    func run(_ folder: String, _ models: [String], _ runtime: ONNXRuntime) {
        for model in models {
            do {
                let file = try ConfigurationFile(model: "\(folder)/\(model)")
                let run = ProfileRun(
                    model: model,
                    file: file,
                    cores: cores,
                    sizeMax: 32,
                    slo: file.slo ?? slo,
                    time: Self.time,
                    memoryMax: 4 << 30,
                    inputs: RandomInputs(),
                    runsMin: 5
                )
                let profile = MachineProfile(cores: cores, configurations: try run.run(runtime))
                profiles.withLock { $0[model] = profile }
            } catch {
                Terminal.note("Not measured: \(error)")
            }
        }
    }
}
