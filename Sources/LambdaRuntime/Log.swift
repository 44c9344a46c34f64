package import Wire

/// Structured log lines in the two formats that Lambda knows, one event a line, each written at once.
///
/// A frozen or killed environment loses what a buffer holds, and a newline would split an event, so neither occurs.
package struct Log: Sendable {
    package enum Format: Sendable { case json, text }

    package enum Level: String, Sendable, CaseIterable, Comparable {
        case trace = "TRACE"
        case debug = "DEBUG"
        case info = "INFO"
        case warn = "WARN"
        case error = "ERROR"
        case fatal = "FATAL"

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
        package static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }
    }

    /// Lambda splits an event past 256 kB; a message stays well below.
    package static let messageMax = 64 * 1024

    package let format: Format
    package let level: Level
    private let now: @Sendable () -> WallClock
    private let write: @Sendable ([UInt8]) -> Void
    private let requestID: String?
    private let tenantID: String?

    /// - Parameters:
    ///   - now: the time that stamps a line.
    ///   - write: takes a whole line with its newline.
    package init(
        format: Format,
        level: Level,
        now: @escaping @Sendable () -> WallClock,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.init(format, level, now, write, requestID: nil, tenantID: nil)
    }

    private init(
        _ format: Format,
        _ level: Level,
        _ now: @escaping @Sendable () -> WallClock,
        _ write: @escaping @Sendable ([UInt8]) -> Void,
        requestID: String?,
        tenantID: String?
    ) {
        self.format = format
        self.level = level
        self.now = now
        self.write = write
        self.requestID = requestID
        self.tenantID = tenantID
    }

    /// The same log, naming an invocation in each line.
    package func about(_ invocation: Invocation) -> Log {
        Log(format, level, now, write, requestID: invocation.requestID, tenantID: invocation.tenantID)
    }

    package func debug(_ message: @autoclosure () -> String, _ fields: [JSON.Member] = []) {
        log(.debug, message, fields)
    }
    package func info(_ message: @autoclosure () -> String, _ fields: [JSON.Member] = []) {
        log(.info, message, fields)
    }
    package func warn(_ message: @autoclosure () -> String, _ fields: [JSON.Member] = []) {
        log(.warn, message, fields)
    }
    package func error(_ message: @autoclosure () -> String, _ fields: [JSON.Member] = []) {
        log(.error, message, fields)
    }
    package func fatal(_ message: @autoclosure () -> String, _ fields: [JSON.Member] = []) {
        log(.fatal, message, fields)
    }

    private func log(_ level: Level, _ message: () -> String, _ fields: [JSON.Member]) {
        guard level >= self.level else { return }
        let text = cropped(message(), to: Self.messageMax)
        write(format == .json ? jsonLine(level, text, fields) : textLine(level, text, fields))
    }

    private func jsonLine(_ level: Level, _ message: String, _ fields: [JSON.Member]) -> [UInt8] {
        var members: [JSON.Member] = [
            .init("timestamp", .string(now().description)), .init("level", .string(level.rawValue)),
            .init("message", .string(message)),
        ]
        if let requestID { members.append(.init("requestId", .string(requestID))) }
        if let tenantID { members.append(.init("tenantId", .string(tenantID))) }
        return JSON.object(members + fields).encoded() + [0x0A]
    }

    private func textLine(_ level: Level, _ message: String, _ fields: [JSON.Member]) -> [UInt8] {
        var line = "\(now()) \(level.rawValue)"
        if let requestID { line += " RequestId: \(requestID)" }
        line += " \(message)"
        for field in fields {
            line += " \(field.key)=\(String(decoding: field.value.encoded(), as: UTF8.self))"
        }
        return line.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 } + [0x0A]
    }
}
