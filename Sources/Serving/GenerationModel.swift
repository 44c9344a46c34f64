package import ONNX

/// A model that makes texts, with its inputs and outputs found and checked.
package final class GenerationModel: Sendable {
    /// What a text carries from one token to the next.
    struct State: Sendable {
        let name: String
        let input: Int
        /// The output that renews it; nil for what is constant during a text.
        let output: Int?
        /// The encoder's output that it begins as; nil for zeros.
        let first: Int?
        let type: ElementType
        /// Without the batch axis.
        let shape: [Int]
        var rowSize: Int { shape.reduce(type.size ?? 0, *) }
    }

    package let configuration: GenerationConfiguration
    let session: Session
    let encoder: Session?
    let states: [State]
    let tokenInput: Int
    let logitsOutput: Int
    /// Tokens that logits are given for.
    package let vocabularySize: Int

    /// - Parameter encoder: loads the encoder; called if the configuration names one.
    package init(
        _ configuration: GenerationConfiguration,
        _ session: Session,
        encoder: (String) throws(ServingError) -> Session
    ) throws(ServingError) {
        self.configuration = configuration
        self.session = session
        if let name = configuration.encoder { self.encoder = try encoder(name) } else { self.encoder = nil }
        tokenInput = try Self.find(configuration.token, session.inputs, "input")
        logitsOutput = try Self.find(configuration.logits, session.outputs, "output")
        let token = session.inputs[tokenInput]
        guard token.type == .int64, token.shape == [-1, -1] else {
            throw Self.invalid(
                "input '\(token.name)' is \(token.type.rawValue) \(token.shape); expected INT64 [-1, -1]"
            )
        }
        let logits = session.outputs[logitsOutput]
        guard logits.type == .fp32, logits.shape.count == 2, let size = logits.shape.last, size > 0 else {
            throw Self.invalid(
                "output '\(logits.name)' is \(logits.type.rawValue) \(logits.shape); expected FP32 [-1, V]"
            )
        }
        vocabularySize = size
        states = try Self.states(configuration, session, self.encoder)
        if let id = (configuration.start + configuration.end).first(where: { $0 >= size }) {
            throw Self.invalid("token \(id) is named, and logits are given for tokens below \(size)")
        }
        if let id = configuration.end.first(where: { !configuration.vocabulary.bytes(of: $0).isEmpty }),
            configuration.vocabulary == .bytes
        {
            throw Self.invalid("token \(id) ends a text and is a byte; end it with a number from 256 on")
        }
    }

    private static func states(
        _ configuration: GenerationConfiguration,
        _ session: Session,
        _ encoder: Session?
    ) throws(ServingError) -> [State] {
        for name in configuration.states.keys.sorted() { _ = try find(name, session.inputs, "input") }
        var states: [State] = []
        for (index, input) in session.inputs.enumerated() where input.name != configuration.token {
            let output = try configuration.states[input.name].map { name throws(ServingError) in
                try find(name, session.outputs, "output")
            }
            let first = encoder?.outputs.firstIndex { $0.name == input.name }
            guard output != nil || first != nil else {
                throw invalid("input '\(input.name)' is in none of \"states\", and no encoder gives it")
            }
            let row = Array(input.shape.dropFirst())
            guard input.shape.first == -1, row.allSatisfy({ $0 > 0 }), input.type.size != nil else {
                throw invalid(
                    "state '\(input.name)' is \(input.shape); only its first axis, the batch, may be free"
                )
            }
            if let output, session.outputs[output].type != input.type {
                throw invalid("state '\(input.name)' is \(input.type.rawValue), its output is not")
            }
            states.append(
                State(
                    name: input.name,
                    input: index,
                    output: output,
                    first: first,
                    type: input.type,
                    shape: row
                )
            )
        }
        return states
    }

    private static func find(
        _ name: String,
        _ tensors: [TensorSpecification],
        _ kind: String
    ) throws(ServingError) -> Int {
        guard let index = tensors.firstIndex(where: { $0.name == name }) else {
            throw invalid(
                "no \(kind) is named '\(name)'; there are \(tensors.map(\.name).joined(separator: ", "))"
            )
        }
        return index
    }

    private static func invalid(_ text: String) -> ServingError {
        ServingError(status: 503, "\"generation\" in config.json does not fit the graph: \(text)")
    }
}

// MARK: Prompts

extension GenerationModel {
    /// The tokens that are read before the first one is made: the start and the text, or the text alone for an encoder.
    package func prompt(_ text: String) throws(ServingError) -> [Int] {
        let tokens = try configuration.vocabulary.tokens(text)
        guard tokens.count <= configuration.promptMax else {
            throw .badRequest(
                "the prompt has \(tokens.count) tokens; this model reads at most \(configuration.promptMax)"
            )
        }
        if encoder != nil { return tokens + configuration.end.prefix(1) }
        guard !(configuration.start + tokens).isEmpty else {
            throw .badRequest("the prompt is empty; this model needs something to go on from")
        }
        return configuration.start + tokens
    }
}
