package import ONNX
import Synchronization

/// One version of a model: its files, and its session once something needs it.
package final class Model: Sendable {
    package let name: String
    package let version: String
    package let configuration: ModelConfiguration
    package let path: String

    private enum State {
        case unloaded
        case loaded(Session)
        case failed(ServingError)
    }

    private let state: Mutex<State>
    private let load: @Sendable () throws(ONNXError) -> Session

    /// - Parameter load: makes the session; called at most once.
    init(
        name: String,
        version: String,
        path: String,
        configuration: ModelConfiguration,
        load: @escaping @Sendable () throws(ONNXError) -> Session
    ) {
        self.name = name
        self.version = version
        self.path = path
        self.configuration = configuration
        self.load = load
        state = Mutex(.unloaded)
    }

    /// The session, loaded by the first caller while others wait.
    ///
    /// A model that failed to load stays failed: trying again would cost every request the time of a load.
    package func session() throws(ServingError) -> Session {
        try state.withLock { state throws(ServingError) in
            switch state {
            case .loaded(let session): return session
            case .failed(let error): throw error
            case .unloaded: break
            }
            do throws(ONNXError) {
                let session = try load()
                state = .loaded(session)
                return session
            } catch {
                let failure = ServingError(status: 503, "model '\(name)' cannot be loaded: \(error)")
                state = .failed(failure)
                throw failure
            }
        }
    }

    /// Why the model cannot be served; nil while nothing speaks against it.
    package var failure: String? {
        state.withLock { if case .failed(let error) = $0 { error.description } else { nil } }
    }
}
