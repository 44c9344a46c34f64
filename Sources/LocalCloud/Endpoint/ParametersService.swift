import Wire

/// Systems Manager's parameters: AWS's own for the newest images, and what is put there.
package struct ParametersService: Sendable {
    private struct Parameter {
        var value: String
        var version: Int
        var type: String
    }

    private var parameters: [String: Parameter] = [:]
    private static let countMax = 1000

    package init() {
        let images = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
        for (architecture, image) in [
            ("x86_64", "ami-0c0ffee0000000001"), ("arm64", "ami-0c0ffee0000000002"),
        ] {
            parameters[images + architecture] = Parameter(value: image, version: 1, type: "String")
        }
    }

    mutating func answer(_ operation: String, _ request: JSON) throws(ServiceFailure) -> JSON {
        guard let name = request["Name"]?.stringValue, !name.isEmpty else {
            throw ServiceFailure("ValidationException", "the request needs a Name")
        }
        switch operation {
        case "GetParameter":
            guard let parameter = parameters[name] else {
                throw ServiceFailure("ParameterNotFound", "there is no parameter \(cropped(name, to: 200))")
            }
            return [
                "Parameter": [
                    "Name": .string(name), "Type": .string(parameter.type), "Value": .string(parameter.value),
                    "Version": .integer(Int64(parameter.version)), "DataType": "text",
                    "ARN": .string(
                        "arn:aws:ssm:\(FunctionConfiguration.region):\(FunctionConfiguration.account):parameter\(name)"
                    ),
                ]
            ]
        case "PutParameter": return try put(name, request)
        default:
            throw ServiceFailure(
                "UnknownOperationException",
                "SSM here has no operation \(cropped(operation, to: 60))"
            )
        }
    }

    private mutating func put(_ name: String, _ request: JSON) throws(ServiceFailure) -> JSON {
        guard let value = request["Value"]?.stringValue, !name.hasPrefix("/aws/"),
            parameters.count < Self.countMax
        else {
            throw ServiceFailure(
                "ValidationException",
                "a parameter needs a Value and a name that is not AWS's own"
            )
        }
        let old = parameters[name]
        guard old == nil || request["Overwrite"]?.boolValue == true else {
            throw ServiceFailure(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option to true."
            )
        }
        let version = (old?.version ?? 0) + 1
        parameters[name] = Parameter(
            value: value,
            version: version,
            type: request["Type"]?.stringValue ?? old?.type ?? "String"
        )
        return ["Version": .integer(Int64(version)), "Tier": "Standard"]
    }
}
