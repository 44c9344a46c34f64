package import Wire

/// API Gateway's HTTP API of the stack: one `$default` route and the two functions that it may go to.
package struct GatewayService: Sendable {
    package struct Integration: Equatable, Sendable {
        package let id: String
        /// The ARN of a function, of an alias perhaps.
        package let uri: String
        package let description: String

        package init(id: String, uri: String, description: String) {
            (self.id, self.uri, self.description) = (id, uri, description)
        }
    }

    package static let api = "local"
    private static let route = "r0default"

    private let integrations: [Integration]
    /// Of the integration that requests go to.
    package private(set) var target: String
    /// Where the front is.
    package var endpoint = ""

    /// - Parameter integrations: the first is the route's target at the start.
    package init(_ integrations: [Integration]) {
        precondition(!integrations.isEmpty, "a route needs a target")
        self.integrations = integrations
        target = integrations[0].id
    }

    /// The function that requests go to, as its integration calls it.
    package var targetFunction: String { integrations.first { $0.id == target }?.uri ?? "" }

    package func answer(
        _ request: AWSRequest
    ) throws(ServiceFailure) -> (operation: String, result: JSON) {
        let segments = request.segments
        guard segments.starts(with: ["v2", "apis"]) else { throw Self.missing(request) }
        if segments.count > 2, segments[2] != Self.api {
            throw ServiceFailure(
                "NotFoundException",
                "Invalid API identifier specified \(FunctionConfiguration.account):\(cropped(segments[2], to: 40))",
                status: 404
            )
        }
        switch (request.method, segments.dropFirst(3).first, segments.dropFirst(4).first) {
        case ("GET", nil, nil):
            return segments.count == 2 ? ("GetApis", ["items": [description]]) : ("GetApi", description)
        case ("GET", "routes", nil): return ("GetRoutes", ["items": [routeDescription]])
        case ("GET", "routes", Self.route): return ("GetRoute", routeDescription)
        case ("GET", "integrations", nil):
            return ("GetIntegrations", ["items": .array(integrations.map(Self.description))])
        case ("GET", "integrations", let id?):
            guard let found = integrations.first(where: { $0.id == id }) else { throw Self.missing(request) }
            return ("GetIntegration", Self.description(found))
        default: throw Self.missing(request)
        }
    }

    /// `UpdateRoute`, the one request that changes something; nil for any other.
    package mutating func update(_ request: AWSRequest) throws(ServiceFailure) -> JSON? {
        guard request.method == "PATCH", request.segments == ["v2", "apis", Self.api, "routes", Self.route]
        else { return nil }
        guard let change = try? JSON(parsing: request.body), let members = change.objectValue else {
            throw ServiceFailure("BadRequestException", "the body is no JSON object")
        }
        if let other = members.first(where: { $0.key != "target" }) {
            throw ServiceFailure(
                "BadRequestException",
                "only the target of a route can be changed here, not \(cropped(other.key, to: 40))"
            )
        }
        let id = change["target"]?.stringValue.map {
            $0.hasPrefix("integrations/") ? String($0.dropFirst(13)) : ""
        }
        guard let id, integrations.contains(where: { $0.id == id }) else {
            throw ServiceFailure(
                "BadRequestException",
                "Invalid target; expected integrations/ and one of \(integrations.map(\.id).joined(separator: ", "))"
            )
        }
        target = id
        return routeDescription
    }

    private static func missing(_ request: AWSRequest) -> ServiceFailure {
        ServiceFailure(
            "NotFoundException",
            "API Gateway here has nothing at \(request.method) \(cropped(request.path, to: 100))",
            status: 404
        )
    }

    private var description: JSON {
        [
            "apiId": .string(Self.api), "name": "mark", "protocolType": "HTTP",
            "apiEndpoint": .string(endpoint),
            "routeSelectionExpression": "$request.method $request.path",
        ]
    }

    private var routeDescription: JSON {
        [
            "routeId": .string(Self.route), "routeKey": "$default",
            "target": .string("integrations/\(target)"),
            "authorizationType": "NONE", "apiKeyRequired": false,
        ]
    }

    private static func description(_ integration: Integration) -> JSON {
        [
            "integrationId": .string(integration.id), "integrationType": "AWS_PROXY",
            "integrationMethod": "POST",
            "integrationUri": .string(integration.uri), "payloadFormatVersion": "2.0",
            "timeoutInMillis": 30_000,
            "connectionType": "INTERNET", "description": .string(integration.description),
        ]
    }
}
