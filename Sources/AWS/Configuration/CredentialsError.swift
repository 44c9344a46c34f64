package import CURL

/// Why there are no credentials.
package enum CredentialsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One of a pair is set, the other is not.
    case incomplete(source: String, missing: String)
    case noSuchProfile(String, known: [String])
    /// A profile or the environment asks for a way of signing in that this client does not have.
    case unsupported(source: String, feature: String)
    case endpointNotAllowed(String)
    case unreadableToken(path: String)
    /// No source is there at all.
    case none
    case unreachable(source: String, CURLError)
    /// A source answered, but without credentials.
    case refused(source: String, reason: String)
    /// They have lapsed, and their source has no others.
    case expired(source: String)

    package var description: String {
        switch self {
        case .incomplete(let source, let missing): "\(source) has no \(missing); set both or neither"
        case .noSuchProfile(let name, let known):
            "there is no profile '\(name)'; known are: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
        case .unsupported(let source, let feature):
            "\(source) uses \(feature), which is not supported; export keys instead: "
                + "`eval \"$(aws configure export-credentials --format env)\"`"
        case .endpointNotAllowed(let url):
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is '\(url)'; it must be https, a loopback address or the container service's address"
        case .unreadableToken(let path):
            "the token file '\(path)' cannot be read, is empty or holds a line break; see AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
        case .none:
            "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with AWS_PROFILE, "
                + "or give the machine a role"
        case .unreachable(let source, let error): "no credentials from \(source): \(error)"
        case .refused(let source, let reason): "no credentials from \(source): \(reason)"
        case .expired(let source): "the credentials from \(source) have expired; get new ones and start again"
        }
    }
}
