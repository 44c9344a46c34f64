/// What Lambda tells a runtime through its environment, read once.
///
/// Source: AWS, "Using Lambda environment variables" and "Building a custom runtime".
package struct LambdaEnvironment: Equatable, Sendable {
    /// Host and port of the Runtime API, from `AWS_LAMBDA_RUNTIME_API`.
    package let host: String
    package let port: UInt16
    /// Folder of the function's code; the working directory where it is not set.
    package let taskRoot: String
    package let functionName: String
    /// Memory of the function in MB; 1 vCPU comes with 1,769 of them.
    package let memorySize: Int
    package let logStream: String
    package let logFormat: Log.Format
    package let logLevel: Log.Level
    /// `on-demand`, `provisioned-concurrency`, `snap-start` or `lambda-managed-instances`.
    package let initializationType: String
    /// Invocations this process takes at once; nil for one, the rule outside of managed instances.
    package let concurrencyMax: Int?

    /// Invocations at once that are still sensible: a thread and a connection each.
    private static let concurrencyBound = 1...512

    package init(_ variables: [String: String]) throws(InvalidEnvironment) {
        guard let api = variables["AWS_LAMBDA_RUNTIME_API"], !api.isEmpty else { throw .notOnLambda }
        (host, port) = try Self.hostAndPort(api)
        taskRoot = variables["LAMBDA_TASK_ROOT"] ?? "."
        functionName = variables["AWS_LAMBDA_FUNCTION_NAME"] ?? "function"
        memorySize = try Self.integer("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", variables, 1...1_000_000) ?? 1769
        logStream = variables["AWS_LAMBDA_LOG_STREAM_NAME"] ?? ""
        initializationType = variables["AWS_LAMBDA_INITIALIZATION_TYPE"] ?? "on-demand"
        concurrencyMax = try Self.integer("AWS_LAMBDA_MAX_CONCURRENCY", variables, Self.concurrencyBound)
        let isJSON = variables["AWS_LAMBDA_LOG_FORMAT"]?.lowercased() == "json"
        // Managed instances always log JSON, as lines of several invocations mix.
        logFormat = isJSON || concurrencyMax != nil ? .json : .text
        // Lambda sets a level with JSON only, and leaves the filtering to the runtime. An unknown level hides
        // nothing.
        logLevel = variables["AWS_LAMBDA_LOG_LEVEL"].flatMap { Log.Level(rawValue: $0.uppercased()) } ?? .info
    }

    private static func hostAndPort(_ api: String) throws(InvalidEnvironment) -> (String, UInt16) {
        guard let colon = api.lastIndex(of: ":") else { return (api, 80) }
        let host = api[..<colon]
        guard !host.isEmpty, let port = UInt16(api[api.index(after: colon)...]), port > 0 else {
            throw .malformed(name: "AWS_LAMBDA_RUNTIME_API", value: api, expected: "host:port")
        }
        return (host.filter { $0 != "[" && $0 != "]" }, port)
    }

    private static func integer(
        _ name: String,
        _ variables: [String: String],
        _ range: ClosedRange<Int>
    ) throws(InvalidEnvironment) -> Int? {
        guard let text = variables[name], !text.isEmpty else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .malformed(
                name: name,
                value: text,
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return value
    }
}

/// Why the environment is not one of Lambda's.
package enum InvalidEnvironment: Error, Equatable, CustomStringConvertible {
    case notOnLambda
    case malformed(name: String, value: String, expected: String)

    package var description: String {
        switch self {
        case .notOnLambda:
            "AWS_LAMBDA_RUNTIME_API is not set: bootstrap is started by Lambda, not by hand. "
                + "To run it on this machine use `mark up`"
        case .malformed(let name, let value, let expected): "\(name) is '\(value)'; expected \(expected)"
        }
    }
}
