import Planning
package import Wire

/// A function as Lambda's API tells of it.
package struct CloudFunction: Equatable, Sendable {
    package struct Provisioned: Equatable, Sendable {
        /// The version or the alias that it is for.
        package let qualifier: String
        package let requested: Int
        package let modified: WallClock
    }

    package let name: String
    /// MB.
    package let memory: Int
    package let timeout: Duration
    package let variables: [String: String]
    /// Environments that are kept for it and that it is held to.
    package internal(set) var reserved: Int?
    package internal(set) var provisioned: Provisioned?
    /// Environments that are ready ahead; the shell tells.
    package var available = 0
    /// Why those ahead do not come.
    package var failure: String?

    /// What the template publishes: version 1, under this name.
    static let alias = "live"
    static let version = "1"

    package init(
        name: String,
        memory: Int,
        timeout: Duration,
        variables: [String: String],
        reserved: Int? = nil
    ) {
        (self.name, self.memory, self.timeout) = (name, memory, timeout)
        (self.variables, self.reserved) = (variables, reserved)
    }

    package static func arn(_ name: String) -> String {
        "arn:aws:lambda:\(FunctionConfiguration.region):\(FunctionConfiguration.account):function:\(name)"
    }

    /// The name and the qualifier in what a caller calls a function: a name, `name:live`, or an ARN, complete or not.
    package static func parse(_ text: String) -> (name: String, qualifier: String?) {
        var parts = text.split(separator: ":").map(String.init)
        if let marker = parts.firstIndex(of: "function"), marker + 1 < parts.count {
            parts.removeFirst(marker + 1)
        }
        return (parts.first ?? "", parts.count > 1 ? parts[1] : nil)
    }

    func configuration(qualifier: String?) -> JSON {
        [
            "FunctionName": .string(name),
            "FunctionArn": .string(Self.arn(name) + (qualifier.map { ":" + $0 } ?? "")),
            "Runtime": "provided.al2023", "Handler": "bootstrap", "MemorySize": .integer(Int64(memory)),
            "Timeout": .integer(timeout.components.seconds), "State": "Active",
            "LastUpdateStatus": "Successful",
            "PackageType": "Zip", "Architectures": ["x86_64"],
            "Role": .string("arn:aws:iam::\(FunctionConfiguration.account):role/\(name)"),
            "Version": .string(qualifier == nil ? "$LATEST" : Self.version),
            "Environment": [
                "Variables": .object(
                    variables.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }
                )
            ],
        ]
    }

    var provisionedConfiguration: JSON? {
        provisioned.map { provisioned in
            let available = min(available, provisioned.requested)
            let status =
                failure != nil ? "FAILED" : available == provisioned.requested ? "READY" : "IN_PROGRESS"
            return [
                "FunctionArn": .string(Self.arn(name) + ":" + provisioned.qualifier),
                "RequestedProvisionedConcurrentExecutions": .integer(Int64(provisioned.requested)),
                "AvailableProvisionedConcurrentExecutions": .integer(Int64(available)),
                "AllocatedProvisionedConcurrentExecutions": .integer(Int64(available)),
                "Status": .string(status), "StatusReason": failure.map { .string($0) } ?? .null,
                "LastModified": .string(provisioned.modified.description.dropLast() + "+0000"),
            ]
        }
    }
}
