import Synchronization
import Wire

/// Cuts server-sent events out of a body that comes in parts (WHATWG, "Server-sent events"; data lines only).
final class EventStream: Sendable {
    private let rest = Mutex<[UInt8]>([])

    private static let lineEnd = UInt8(ascii: "\n")

    /// The data of the events that are complete now; what is no JSON is left out.
    func append(_ bytes: [UInt8]) -> [JSON] {
        rest.withLock { rest in
            rest += bytes
            guard let end = rest.lastIndex(of: Self.lineEnd) else { return [] }
            let lines = rest[...end].split(separator: Self.lineEnd)
            rest.removeSubrange(...end)
            return lines.compactMap { line in
                line.starts(with: "data:".utf8) ? try? JSON(parsing: Array(line.dropFirst(5))) : nil
            }
        }
    }
}
