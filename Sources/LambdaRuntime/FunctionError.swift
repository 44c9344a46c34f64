import Wire

/// A failed invocation or start, as callers of the function see it.
package struct FunctionError: Error, Equatable, Sendable {
    /// `Function.Xxx` or `Runtime.Xxx`; Lambda replaces any other form by `Unknown`.
    package let type: String
    package let message: String

    /// Bytes of a message; what it quotes may be as long as an event.
    private static let messageMax = 16 * 1024

    /// Traps unless the type has the form that Lambda keeps.
    package init(_ type: String, _ message: String) {
        precondition(Self.isKept(type), "error type \(type) must match (Runtime|Function).[A-Z][a-zA-Z]+")
        self.type = type
        self.message = cropped(message, to: Self.messageMax)
    }

    package static func isKept(_ type: String) -> Bool {
        let parts = type.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, ["Runtime", "Function"].contains(String(Substring(parts[0]))) else {
            return false
        }
        guard let first = parts[1].first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
            return false
        }
        return parts[1].count > 1
            && parts[1].allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    }

    /// The body that the Runtime API passes on to the caller, valid JSON whatever the message holds.
    var body: [UInt8] {
        JSON.object([
            .init("errorMessage", .string(message)), .init("errorType", .string(type)),
            .init("stackTrace", .array([])),
        ]).encoded()
    }
}
