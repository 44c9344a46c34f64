/// Why a request has no answer.
package enum CURLError: Error, Equatable, CustomStringConvertible {
    /// libcurl could not be opened.
    case libraryMissing(candidates: String, reason: String)
    /// libcurl or the system had no memory or thread left.
    case unavailable(String)
    case invalidRequest(String)
    case nameNotResolved(host: String)
    case connectionRefused(url: String)
    case timeout(url: String, after: Duration)
    case responseTooLarge(url: String, limit: Int)
    case insecure(url: String, reason: String)
    /// Anything else that libcurl reports, in its words.
    case failed(url: String, reason: String)
    /// The task that asked was cancelled.
    case cancelled
    /// The client was closed before the answer came.
    case closed

    package var description: String {
        switch self {
        case .libraryMissing(let candidates, let reason):
            "libcurl cannot be opened (tried \(candidates)): \(reason); install it: `apt-get install libcurl4` "
                + "on Debian and Ubuntu, `dnf install libcurl-minimal` on Amazon Linux"
        case .unavailable(let reason): "libcurl cannot start: \(reason)"
        case .invalidRequest(let reason): "invalid request: \(reason)"
        case .nameNotResolved(let host):
            "the name '\(host)' has no address; check the spelling and the network"
        case .connectionRefused(let url):
            "nothing answers at \(url); check that the server runs and that host and port are right"
        case .timeout(let url, let duration): "no answer from \(url) within \(duration); allow more time"
        case .responseTooLarge(let url, let limit):
            "the answer of \(url) is larger than \(limit) bytes; ask for less or raise the limit"
        case .insecure(let url, let reason):
            "no secure connection to \(url): \(reason); check the server's certificate and this machine's list"
        case .failed(let url, let reason): "\(url): \(reason)"
        case .cancelled: "the request was cancelled"
        case .closed: "the HTTP client is closed"
        }
    }
}
