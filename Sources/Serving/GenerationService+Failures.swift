package import Batching
package import Wire

/// Errors in the form that a path's callers know.
extension GenerationService {
    package static func failure(_ error: ServingError, isOpenAI: Bool) -> HTTPResponse {
        guard isOpenAI else { return InferenceService.failure(error) }
        let isCallers = (400...499).contains(error.status)
        return InferenceService.json(
            openAI(error.description, isCallers ? "invalid_request_error" : "server_error").encoded(),
            status: error.status
        )
    }

    /// 503, with the reason for routers that may try another backend.
    package static func refused(_ refusal: Refusal, isOpenAI: Bool) -> HTTPResponse {
        var response = InferenceService.refused(refusal)
        if isOpenAI { response.body = openAI(refusal.description, "server_error").encoded() }
        return response
    }

    private static func openAI(_ text: String, _ type: String) -> JSON {
        ["error": ["message": .string(text), "type": .string(type), "param": nil, "code": nil]]
    }

    /// Whether errors at a path have OpenAI's form.
    package static func isOpenAI(_ path: String) -> Bool { path.utf8.starts(with: "/v1/".utf8) }
}
