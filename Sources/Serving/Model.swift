package import ONNX
import Synchronization
import Threading

/// One version of a model: its files, and its session once something needs it.
package final class Model: Sendable {
    package let name: String
    package let version: String
    package let configuration: ModelConfiguration
    package let path: String
    /// Its files as they were when it was read.
    let stamp: FolderStamp
    /// No other version has the same in this process, whatever came and went.
    package let number: UInt64
    /// What it answered before; nil where its configuration does not ask for that.
    package let predictions: Predictions?
    private static let numbers = Atomic<UInt64>(0)

    private enum State {
        case unloaded
        case loaded(Session, time: Duration)
        case failed(ServingError)
    }

    private let state: Mutex<State>
    private let endings = Mutex<[@Sendable () -> Void]>([])
    private let now: @Sendable () -> Duration
    private let load: @Sendable () throws(ONNXError) -> Session

    /// - Parameters:
    ///   - now: a monotonic clock.
    ///   - load: makes the session; called at most once.
    init(
        name: String,
        version: String,
        path: String,
        stamp: FolderStamp = FolderStamp(),
        configuration: ModelConfiguration,
        now: @escaping @Sendable () -> Duration,
        load: @escaping @Sendable () throws(ONNXError) -> Session
    ) {
        self.name = name
        self.version = version
        self.path = path
        self.stamp = stamp
        predictions = configuration.cache.map { Predictions($0) }
        number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
        self.configuration = configuration
        self.now = now
        self.load = load
        state = Mutex(.unloaded)
    }

    // Whoever has the last request may hold any lock, and has better to do than to release a session.
    deinit {
        let bodies = endings.withLock { $0 }
        guard !bodies.isEmpty else { return }
        let session = loadedSession
        Thread.start {
            for body in bodies { body() }
            withExtendedLifetime(session) {}
        }
    }

    /// Calls `body` on a thread of its own when nothing uses this version any more: no repository, no request.
    func whenUnused(_ body: @escaping @Sendable () -> Void) { endings.withLock { $0.append(body) } }

    /// The session, loaded by the first caller while others wait.
    ///
    /// A model that failed to load stays failed: trying again would cost every request the time of a load.
    package func session() throws(ServingError) -> Session {
        try state.withLock { state throws(ServingError) in
            switch state {
            case .loaded(let session, _): return session
            case .failed(let error): throw error
            case .unloaded: break
            }
            do throws(ONNXError) {
                let start = now()
                let session = try load()
                state = .loaded(session, time: now() - start)
                return session
            } catch {
                let failure = ServingError(status: 503, "model '\(name)' cannot be loaded: \(error)")
                state = .failed(failure)
                throw failure
            }
        }
    }

    /// The session, if it is loaded.
    var loadedSession: Session? {
        state.withLock { if case .loaded(let session, _) = $0 { session } else { nil } }
    }

    /// How long loading took; nil for a model that is not loaded.
    package var loadTime: Duration? {
        state.withLock { if case .loaded(_, let time) = $0 { time } else { nil } }
    }

    /// Why the model cannot be served; nil while nothing speaks against it.
    package var failure: String? {
        state.withLock { if case .failed(let error) = $0 { error.description } else { nil } }
    }
}
