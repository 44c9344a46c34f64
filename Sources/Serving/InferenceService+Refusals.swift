package import Batching
package import Wire

/// Answers for requests that are turned away, which must cost next to nothing.
extension InferenceService {
    /// 503 with `Retry-After`, and the reason in `x-mark-bounced`: the caller may try another backend at once.
    package static func refused(_ refusal: Refusal) -> HTTPResponse {
        HTTPResponse(
            status: 503,
            headers: HTTPHeaders([
                .init("content-type", "application/json"),
                .init("retry-after", String(refusal.retryAfterSeconds)),
                .init("x-mark-bounced", refusal.reason.rawValue),
            ]),
            body: refusalBodies[refusal.reason] ?? []
        )
    }

    private static let refusalBodies = Dictionary(
        uniqueKeysWithValues: Refusal.Reason.allCases.map { reason in
            (reason, JSON.object([.init("error", .string(Refusal(reason).description))]).encoded())
        }
    )
}
