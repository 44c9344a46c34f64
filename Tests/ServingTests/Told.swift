import Serving
import Synchronization
import Threading

/// A text as it was told, in pieces.
final class Told: Sendable {
    private let pieces = Mutex<[String]>([])
    private let end = Mailbox<GenerationJob.Ending>()

    func take(_ event: GenerationJob.Event) {
        switch event {
        case .piece(let piece): pieces.withLock { $0.append(piece) }
        case .ended(let ending): end.put(ending)
        }
    }

    /// Waits for the end.
    var ending: GenerationJob.Ending { end.take() }
    var text: String {
        _ = end.take()
        return pieces.withLock { $0.joined() }
    }
}
