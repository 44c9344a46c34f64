package import Wire

/// Lambda's API but for Invoke: what functions there are, and how much of the account's concurrency they have.
package struct FunctionsService: Sendable {
    package struct Answer: Equatable, Sendable {
        package let operation: String
        package let result: JSON
        package var status = 200
    }

    package private(set) var functions: [String: CloudFunction]
    /// Of all functions at once.
    package let accountConcurrency: Int

    /// What AWS keeps for functions without a reservation.
    private static let unreservedMin = 10

    package init(_ functions: [CloudFunction], accountConcurrency: Int) {
        self.functions = Dictionary(functions.map { ($0.name, $0) }) { first, _ in first }
        self.accountConcurrency = accountConcurrency
    }

    /// The function that somebody means.
    package func function(_ text: String) throws(ServiceFailure) -> CloudFunction {
        let (name, qualifier) = CloudFunction.parse(text)
        guard let function = functions[name] else {
            throw ServiceFailure(
                "ResourceNotFoundException",
                "Function not found: \(CloudFunction.arn(cropped(name, to: 140))); "
                    + "there are: \(functions.keys.sorted().joined(separator: ", "))",
                status: 404
            )
        }
        guard qualifier.map({ Self.qualifiers.contains($0) }) ?? true else {
            throw ServiceFailure(
                "ResourceNotFoundException",
                "Function not found: \(CloudFunction.arn(name)):\(cropped(qualifier ?? "", to: 140))",
                status: 404
            )
        }
        return function
    }

    private static let qualifiers = ["$LATEST", CloudFunction.version, CloudFunction.alias]

    /// The shell tells how many environments are ready ahead.
    package mutating func report(_ name: String, available: Int, failure: String?) {
        functions[name]?.available = available
        functions[name]?.failure = failure
    }

    // MARK: Requests

    package mutating func answer(_ request: AWSRequest, now: WallClock) throws(ServiceFailure) -> Answer {
        let segments = request.segments
        if request.method == "GET", segments == ["2016-08-19", "account-settings"] {
            return Answer(operation: "GetAccountSettings", result: accountSettings)
        }
        guard segments.count >= 2, segments[1] == "functions" else { throw Self.unknown(request) }
        if segments.count == 2, request.method == "GET" {
            let all = functions.values.sorted { $0.name < $1.name }
            return Answer(
                operation: "ListFunctions",
                result: ["Functions": .array(all.map { $0.configuration(qualifier: nil) })]
            )
        }
        guard segments.count >= 3 else { throw Self.unknown(request) }
        let function = try function(segments[2])
        let qualifier = request.parameter("Qualifier") ?? CloudFunction.parse(segments[2]).qualifier
        switch (request.method, segments[0], segments.dropFirst(3).first) {
        case ("GET", "2015-03-31", nil):
            return Answer(operation: "GetFunction", result: description(function, qualifier))
        case ("GET", "2015-03-31", "configuration"):
            return Answer(
                operation: "GetFunctionConfiguration",
                result: function.configuration(qualifier: qualifier)
            )
        case ("GET", "2015-03-31", "aliases"): return try alias(function, segments)
        case ("GET", "2019-09-30", "concurrency"):
            return Answer(operation: "GetFunctionConcurrency", result: Self.reserved(function))
        case ("PUT", "2017-10-31", "concurrency"): return try reserve(function, request)
        case ("DELETE", "2017-10-31", "concurrency"):
            functions[function.name]?.reserved = nil
            return Answer(operation: "DeleteFunctionConcurrency", result: [:], status: 204)
        case (_, "2019-09-30", "provisioned-concurrency"):
            return try provisioned(function, qualifier, request, now)
        default: throw Self.unknown(request)
        }
    }

    private static func unknown(_ request: AWSRequest) -> ServiceFailure {
        ServiceFailure(
            "UnknownOperationException",
            "Lambda here has no operation \(request.method) \(cropped(request.path, to: 100))",
            status: 404
        )
    }

    private func description(_ function: CloudFunction, _ qualifier: String?) -> JSON {
        [
            "Configuration": function.configuration(qualifier: qualifier),
            "Code": ["RepositoryType": "S3", "Location": ""],
            "Concurrency": function.reserved == nil ? .null : Self.reserved(function),
        ]
    }

    private func alias(_ function: CloudFunction, _ segments: [String]) throws(ServiceFailure) -> Answer {
        let name = segments.count > 4 ? segments[4] : CloudFunction.alias
        guard name == CloudFunction.alias else {
            throw ServiceFailure(
                "ResourceNotFoundException",
                "Cannot find alias arn: \(CloudFunction.arn(function.name)):\(cropped(name, to: 100))",
                status: 404
            )
        }
        let alias: JSON = [
            "AliasArn": .string(CloudFunction.arn(function.name) + ":" + name), "Name": .string(name),
            "FunctionVersion": .string(CloudFunction.version), "Description": "",
        ]
        return segments.count > 4
            ? Answer(operation: "GetAlias", result: alias)
            : Answer(operation: "ListAliases", result: ["Aliases": [alias]])
    }

    // MARK: Concurrency

    private var accountSettings: JSON {
        [
            "AccountLimit": [
                "ConcurrentExecutions": .integer(Int64(accountConcurrency)),
                "UnreservedConcurrentExecutions": .integer(Int64(unreserved(except: nil))),
                "TotalCodeSize": 80_530_636_800, "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
            ],
            "AccountUsage": ["TotalCodeSize": 0, "FunctionCount": .integer(Int64(functions.count))],
        ]
    }

    private func unreserved(except name: String?) -> Int {
        accountConcurrency - functions.values.filter { $0.name != name }.reduce(0) { $0 + ($1.reserved ?? 0) }
    }

    private static func reserved(_ function: CloudFunction) -> JSON {
        function.reserved.map { ["ReservedConcurrentExecutions": .integer(Int64($0))] } ?? [:]
    }

    private mutating func reserve(_ function: CloudFunction, _ request: AWSRequest) throws(ServiceFailure)
        -> Answer
    {
        let count = try Self.count(request, "ReservedConcurrentExecutions", 0...accountConcurrency)
        guard unreserved(except: function.name) - count >= Self.unreservedMin else {
            throw ServiceFailure(
                "InvalidParameterValueException",
                "Specified ReservedConcurrentExecutions for function decreases "
                    + "account's UnreservedConcurrentExecution below its minimum value of [\(Self.unreservedMin)]."
            )
        }
        functions[function.name]?.reserved = count
        return Answer(
            operation: "PutFunctionConcurrency",
            result: ["ReservedConcurrentExecutions": .integer(Int64(count))]
        )
    }

    private static func count(
        _ request: AWSRequest,
        _ name: String,
        _ range: ClosedRange<Int>
    ) throws(ServiceFailure) -> Int {
        guard let count = (try? JSON(parsing: request.body))?[name]?.intValue, range.contains(count) else {
            throw ServiceFailure(
                "InvalidParameterValueException",
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return count
    }

    private mutating func provisioned(
        _ function: CloudFunction,
        _ qualifier: String?,
        _ request: AWSRequest,
        _ now: WallClock
    ) throws(ServiceFailure) -> Answer {
        if request.method == "GET", request.parameter("List") == "ALL" {
            let list = function.provisionedConfiguration.map { [$0] } ?? []
            return Answer(
                operation: "ListProvisionedConcurrencyConfigs",
                result: ["ProvisionedConcurrencyConfigs": .array(list)]
            )
        }
        guard let qualifier, qualifier != "$LATEST" else {
            throw ServiceFailure(
                "InvalidParameterValueException",
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            )
        }
        let isThere = function.provisioned?.qualifier == qualifier
        switch request.method {
        case "PUT": return try provision(function, qualifier, request, now)
        case "GET" where isThere:
            return Answer(
                operation: "GetProvisionedConcurrencyConfig",
                result: function.provisionedConfiguration ?? [:]
            )
        case "DELETE":
            if isThere { functions[function.name]?.provisioned = nil }
            return Answer(operation: "DeleteProvisionedConcurrencyConfig", result: [:], status: 204)
        default:
            throw ServiceFailure(
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
                status: 404
            )
        }
    }

    private mutating func provision(
        _ function: CloudFunction,
        _ qualifier: String,
        _ request: AWSRequest,
        _ now: WallClock
    ) throws(ServiceFailure) -> Answer {
        let most = function.reserved ?? accountConcurrency
        let count = try Self.count(request, "ProvisionedConcurrentExecutions", 1...most)
        functions[function.name]?.provisioned = .init(qualifier: qualifier, requested: count, modified: now)
        functions[function.name]?.failure = nil
        let answer = functions[function.name]?.provisionedConfiguration ?? [:]
        return Answer(operation: "PutProvisionedConcurrencyConfig", result: answer, status: 202)
    }
}
