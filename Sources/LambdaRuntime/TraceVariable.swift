import Glibc

/// The variable `_X_AMZN_TRACE_ID`, from which X-Ray SDKs take the current invocation's trace.
///
/// `setenv` keeps every value for ever, a leak of 100 bytes an invocation; here one buffer is part of the environment from the
/// start and is written over. Without a trace the buffer holds another name, as if the variable were not set.
package final class TraceVariable {
    private static let name = "_X_AMZN_TRACE_ID="
    private static let placeholder = "_MARK_NO_TRACE_ID="
    private static let capacity = 1024

    private let buffer: UnsafeMutablePointer<CChar>

    /// Registers the variable; call it before other threads read the environment.
    package init() {
        buffer = .allocate(capacity: Self.capacity)
        buffer.initialize(repeating: 0, count: Self.capacity)
        write(Self.name)
        putenv(buffer)
        write(Self.placeholder)
    }

    /// Sets the variable, or takes it away for nil.
    ///
    /// A longer id than any that X-Ray makes is cut.
    func set(_ traceID: String?) {
        write(traceID.map { Self.name + $0 } ?? Self.placeholder)
    }

    private func write(_ text: String) {
        var offset = 0
        for byte in text.utf8.prefix(Self.capacity - 1) {
            buffer[offset] = CChar(bitPattern: byte)
            offset += 1
        }
        buffer[offset] = 0
    }
}
