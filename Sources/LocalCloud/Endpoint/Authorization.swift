/// What a request's `Authorization` says: whose key, for which service, and which headers are signed.
package struct Authorization: Equatable, Sendable {
    package let accessKeyID: String
    /// `20150830`.
    package let day: String
    package let region: String
    package let service: String
    /// In lower case and in order, as they must be.
    package let signedHeaders: [String]
    package let signature: String

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// Whether a header is meant to be one, right or wrong.
    package static func isClaimed(by header: String) -> Bool { header.hasPrefix(algorithm) }

    package init(_ header: String) throws(ServiceFailure) {
        guard Self.isClaimed(by: header) else {
            throw Self.incomplete("it does not begin with \(Self.algorithm)")
        }
        var parts: [String: String] = [:]
        for part in header.dropFirst(Self.algorithm.count).split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            if sides.count == 2 { parts[sides[0]] = sides[1] }
        }
        func part(_ name: String) throws(ServiceFailure) -> String {
            guard let value = parts[name] else {
                throw Self.incomplete("Authorization header requires '\(name)' parameter.")
            }
            return value
        }
        let scope = try part("Credential").split(separator: "/", omittingEmptySubsequences: false).map(
            String.init
        )
        guard scope.count == 5, scope[4] == "aws4_request", scope.allSatisfy({ !$0.isEmpty }) else {
            throw Self.incomplete(
                "Credential must have exactly 5 slash-delimited elements: key/date/region/service/aws4_request"
            )
        }
        (accessKeyID, day, region, service) = (scope[0], scope[1], scope[2], scope[3])
        signedHeaders = try part("SignedHeaders").split(separator: ";").map(String.init)
        signature = try part("Signature")
    }

    private static func incomplete(_ reason: String) -> ServiceFailure {
        ServiceFailure("IncompleteSignature", reason)
    }
}
