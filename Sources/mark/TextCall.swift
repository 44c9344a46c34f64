import Synchronization
import Wire

/// Asks a model for a text, and shows it.
struct TextCall {
    let endpoint: Endpoint
    /// The model's path.
    let path: String
    let request: JSON

    /// Shows each piece as it comes.
    func show() async throws {
        let failure = Mutex<String?>(nil)
        try await endpoint.stream(path + "/generate_stream", request) { event in
            if let text = event["text_output"]?.stringValue { Terminal.write(Array(text.utf8)) }
            if let error = event["error"]?.stringValue { failure.withLock { $0 = error } }
        }
        Terminal.line("")
        if let text = failure.withLock({ $0 }) { throw CommandFailure("the text was cut off: \(text)") }
    }

    /// Prints the endpoint's JSON once the text is complete.
    func printJSON() async throws {
        let call = InferenceCall.Request(json: request.encoded(), binary: [], items: [])
        Terminal.line(
            String(decoding: try await endpoint.post(path + "/generate", call).encoded(), as: UTF8.self)
        )
    }
}
