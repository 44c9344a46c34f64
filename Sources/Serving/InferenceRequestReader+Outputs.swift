import ONNX
import Wire

/// What a request wants of its answer. Nothing is kept that nobody asked for, so no request grows in memory.
extension InferenceRequestReader {
    struct RequestedOutput {
        var name: String?
        var isBinary: Bool?
        var classes: Int?

        var field: String { "output '\(name ?? "?")'" }
    }

    mutating func readParameters(_ reader: inout JSONReader) throws(ServingError) {
        let field = "\"parameters\""
        guard try naming(field, { () throws(JSONError) in try reader.enterParameters() }) else { return }
        while let key = try naming(field, { () throws(JSONError) in try reader.nextKey() }) {
            if key == "binary_data_output" {
                binaryOutput = try naming("parameter binary_data_output") { () throws(JSONError) in
                    try reader.readBool()
                }
            } else {
                try naming(field) { () throws(JSONError) in try reader.skipValue() }
            }
        }
    }

    mutating func readOutputs(_ reader: inout JSONReader) throws(ServingError) {
        let field = "\"outputs\""
        try naming(field) { () throws(JSONError) in try reader.enterArray() }
        while try naming(field, { () throws(JSONError) in try reader.nextElement() }) {
            let output = try readOutput(&reader)
            guard output.name != nil else {
                throw .badRequest("an output has no \"name\"; the model gives \(names(outputs))")
            }
            guard requested.count < outputs.count else {
                throw .badRequest(
                    "\(field) asks for more than the model gives, \(names(outputs)); ask for each once"
                )
            }
            requested.append(output)
        }
    }

    private func readOutput(_ reader: inout JSONReader) throws(ServingError) -> RequestedOutput {
        var output = RequestedOutput()
        try naming("\"outputs\"") { () throws(JSONError) in try reader.enterObject() }
        while let key = try naming(output.field, { () throws(JSONError) in try reader.nextKey() }) {
            switch key {
            case "name":
                output.name = try naming("an output's \"name\"") { () throws(JSONError) in
                    try reader.readString().string
                }
            case "parameters": try readParameters(&reader, of: &output)
            default: try naming(output.field) { () throws(JSONError) in try reader.skipValue() }
            }
        }
        return output
    }

    private func readParameters(
        _ reader: inout JSONReader,
        of output: inout RequestedOutput
    ) throws(ServingError) {
        let field = "\(output.field): parameters"
        guard try naming(field, { () throws(JSONError) in try reader.enterParameters() }) else { return }
        while let key = try naming(field, { () throws(JSONError) in try reader.nextKey() }) {
            switch key {
            case "binary_data":
                output.isBinary = try naming("\(output.field): parameter binary_data") {
                    () throws(JSONError) in try reader.readBool()
                }
            case "classification":
                let parameter = "\(output.field): parameter classification"
                let classes = try naming(parameter) { () throws(JSONError) in
                    try reader.readInteger(Int.self)
                }
                guard classes >= 0 else {
                    throw .badRequest("\(parameter) is \(classes); expected a whole number from 0 on")
                }
                // Clients send 0 for no classification.
                output.classes = classes > 0 ? classes : nil
            default: try naming(field) { () throws(JSONError) in try reader.skipValue() }
            }
        }
    }

    func selectOutputs() throws(ServingError) -> [InferenceRequest.Output] {
        guard !requested.isEmpty else {
            return outputs.indices.map { .init(index: $0, isBinary: binaryOutput) }
        }
        var selected: [InferenceRequest.Output] = []
        for output in requested {
            guard let index = outputs.firstIndex(where: { $0.name == output.name }) else {
                throw .badRequest("unknown \(output.field); the model gives \(names(outputs))")
            }
            guard !selected.contains(where: { $0.index == index }) else {
                throw .badRequest("\(output.field) is asked for twice")
            }
            selected.append(
                .init(index: index, isBinary: output.isBinary ?? binaryOutput, classes: output.classes)
            )
        }
        return selected
    }
}
