import LambdaRuntime
import ONNX
import Serving
import Threading

/// The model repository, opened on a thread of its own from the process's first millisecond on.
///
/// Loading ONNX Runtime takes longer than all else before the first event, and needs nothing of it.
final class Engine: Sendable {
    private let opened = Mailbox<Result<ModelRepository, ServingError>>()

    init(_ settings: Settings, _ environment: LambdaEnvironment) {
        Thread.start { [opened] in
            opened.put(Result { () throws(ServingError) in try Self.open(settings, environment) })
        }
    }

    /// Waits until the repository is open and what was to be loaded is.
    func repository() throws(ServingError) -> ModelRepository { try opened.take().get() }

    private static func open(
        _ settings: Settings,
        _ environment: LambdaEnvironment
    ) throws(ServingError) -> ModelRepository {
        let root = environment.taskRoot
        let runtime: ONNXRuntime
        do throws(ONNXError) {
            runtime = try ONNXRuntime(
                paths: ONNXRuntime.searchPaths(explicit: settings.onnxRuntime, folders: [root])
            )
        } catch {
            throw ServingError(status: 503, error.description)
        }
        var options = SessionOptions()
        // Workers that run at once share the function's processors.
        options.threads =
            settings.threads
            ?? SessionOptions.threads(
                functionMemoryMegabytes: environment.memorySize / (environment.concurrencyMax ?? 1)
            )
        let repository = try ModelRepository(
            folder: settings.models ?? "\(root)/models",
            options: options,
            runtime: runtime,
            // An environment sees few requests; all of them together are to be split, not each one's first ones.
            firstTicket: .random(in: 0...UInt64.max)
        )
        switch settings.preload {
        case .none: break
        case .configured: repository.preloadConfigured()
        case .models(let names): try repository.preload(names)
        }
        return repository
    }
}
