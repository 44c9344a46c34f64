package import CURL

/// Sends one request and waits for the whole answer.
package typealias Transport = @Sendable (CURLRequest) async throws(CURLError) -> CURLResponse

extension CURLClient {
    package var transport: Transport {
        { request async throws(CURLError) in try await self.send(request) }
    }
}

/// Sends a request up to so often: at once again when no answer or HTTP 5xx came.
///
/// For the sources of credentials, which are on this machine or beside it.
func send(_ request: CURLRequest, attemptsMax: Int, through transport: Transport) async throws(CURLError)
    -> CURLResponse
{
    for _ in 1..<max(attemptsMax, 1) {
        do throws(CURLError) {
            let response = try await transport(request)
            if response.status < 500 { return response }
        } catch {
            if error == .cancelled { throw error }
        }
    }
    return try await transport(request)
}
