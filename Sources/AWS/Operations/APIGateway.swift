import Wire

/// API Gateway's HTTP APIs: which target a route has.
package enum APIGateway {
    package struct Route: Equatable, Sendable {
        package let id: String
        /// `$default`, or a method and a path.
        package let key: String
        /// `integrations/` and the id of one.
        package let target: String?

        init(_ item: Field) throws(MalformedAnswer) {
            id = try item["routeId"].string()
            key = try item["routeKey"].string()
            target = item["target"].text
        }
    }

    package struct Integration: Equatable, Sendable {
        package let id: String
        /// What is called: the ARN of a function.
        package let uri: String?
        package let description: String?
    }

    package static func getRoutes(_ api: String) -> Call<[Route]> {
        Call(.apiGateway, "GetRoutes", HTTPMessage(method: "GET", path: path(api, "routes"))) {
            answer throws(MalformedAnswer) in
            try Field(document: answer)["items"].list { item throws(MalformedAnswer) in try Route(item) }
        }.permitted(by: "apigateway:GET").paged(by: "nextToken", "nextToken")
    }

    package static func getIntegrations(_ api: String) -> Call<[Integration]> {
        Call(.apiGateway, "GetIntegrations", HTTPMessage(method: "GET", path: path(api, "integrations"))) {
            answer throws(MalformedAnswer) in
            try Field(document: answer)["items"].list { item throws(MalformedAnswer) in
                Integration(
                    id: try item["integrationId"].string(),
                    uri: item["integrationUri"].text,
                    description: item["description"].text
                )
            }
        }.permitted(by: "apigateway:GET").paged(by: "nextToken", "nextToken")
    }

    /// Gives a route another target; nothing else of it changes.
    package static func updateRoute(_ api: String, _ route: String, integration: String) -> Call<Route> {
        let message = HTTPMessage(
            method: "PATCH",
            path: path(api, "routes/\(PercentEncoding.encode(route))"),
            headers: [("Content-Type", "application/json")],
            body: JSON.object([JSON.Member("target", .string("integrations/\(integration)"))]).encoded()
        )
        return Call(.apiGateway, "UpdateRoute", message, effect: .idempotent) {
            answer throws(MalformedAnswer) in
            try Route(Field(document: answer))
        }.permitted(by: "apigateway:PATCH")
    }

    private static func path(_ api: String, _ rest: String) -> String {
        "/v2/apis/\(PercentEncoding.encode(api))/\(rest)"
    }
}
