import ArgumentParser
import CURL
import Wire

/// `mark invoke`: files in, answers out, against any server of the Open Inference Protocol.
struct Invoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send pictures, arrays, a text or a JSON request to a model, and print what it says.",
        discussion: """
            A FILE is a picture (JPEG, PNG, or binary PGM and PPM), a NumPy array (.npy), raw elements (.bin), or JSON: a whole request, \
            or an array as the one input's data. Several files make one batch. Pictures go as they are to models that prepare them \
            (`preprocess` in config.json); for others, or with --scale, --mean or --std, they are fitted to the input here. Works with \
            any endpoint: `mark up`, API Gateway, a function URL, a load balancer. Exit code 1 means that the endpoint refused, 64 that \
            the command line is wrong.
            """
    )

    @Argument(help: "Name of the model.")
    var model: String

    @Argument(help: "Files to send.")
    var files: [String] = []

    @OptionGroup(title: "Texts")
    var text: TextOptions

    @Option(help: "The endpoint.")
    var url = "http://127.0.0.1:8080"

    @Option(help: "Version of the model. Default: the highest.")
    var version: String?

    @Option(help: "Input that takes the files. Default: the model's only one.")
    var input: String?

    @Option(help: "Classes to name for each item; 0 prints the outputs' values.")
    var top = 3

    @Option(
        help:
            "Multiply a picture's samples, from 0 to 255, by this. Default: 1, unless the model prepares pictures."
    )
    var scale: Float?

    @Option(
        help:
            "Subtract this from the scaled samples; one number, or one for each channel with commas. Default: 0."
    )
    var mean: String?

    @Option(help: "Then divide by this; one number, or one for each channel with commas. Default: 1.")
    var std: String?

    @Flag(help: "Print the endpoint's JSON instead of a table.")
    var json = false

    @Option(help: "Seconds to wait for an answer.")
    var timeout = 30

    func validate() throws {
        guard files.isEmpty != (text.text == nil) else {
            throw ValidationError("name a file to send, or a text with --text, and not both")
        }
        guard text.text != nil || !text.isRefined else {
            throw ValidationError(
                "--max-tokens, --temperature, --top-k, --top-p, --stop, --seed, --beam-width and --length-penalty go with --text"
            )
        }
        guard top >= 0 else { throw ValidationError("--top is \(top); expected 0 or more") }
        guard (1...900).contains(timeout) else {
            throw ValidationError("--timeout is \(timeout); expected 1 to 900")
        }
    }

    func run() async throws {
        let endpoint = try Endpoint(url: url, timeout: .seconds(timeout))
        let path =
            "/v2/models/\(Endpoint.escaped(model))"
            + (version.map { "/versions/\(Endpoint.escaped($0))" } ?? "")
        if let prompt = text.text {
            let call = TextCall(endpoint: endpoint, path: path, request: text.request(prompt))
            return json ? try await call.printJSON() : try await call.show()
        }
        let metadata = try await endpoint.get(path)
        let isPreparedHere = scale != nil || mean != nil || std != nil
        let preparation =
            try isPreparedHere
            ? PicturePreparation(scale: scale ?? 1, mean: mean ?? "0", std: std ?? "1") : nil
        let request = try InferenceCall(
            metadata: metadata,
            input: input,
            top: top,
            preparation: preparation
        ).request(for: files)
        let answer = try await endpoint.post(path + "/infer", request)
        if json {
            Terminal.line(String(decoding: answer.encoded(), as: UTF8.self))
        } else {
            for line in AnswerTable(answer: answer, files: request.items).lines { Terminal.line(line) }
        }
    }
}
