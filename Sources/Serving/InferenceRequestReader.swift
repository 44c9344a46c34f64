import ONNX
import Wire

/// Reads an Open Inference Protocol request, JSON with or without binary tensors behind it, against a model's
/// description.
///
/// Data is read on its way where name, type and shape came before it, as clients write them; else it is read when
/// they are known.
struct InferenceRequestReader {
    let inputs: [TensorSpecification]
    let outputs: [TensorSpecification]
    /// The input that takes encoded pictures as well; nil for models that take none.
    let pictures: PictureInput?
    /// Bytes of the whole body, which bound what any shape may claim.
    let bodySize: Int
    /// The raw tensors behind the JSON; empty when no header announced any.
    let binary: ArraySlice<UInt8>
    private let announcesBinary: Bool

    private var request = InferenceRequest(inputs: [], outputs: [])
    private var tensors: [Tensor?]
    private var binaryUsed = 0
    var binaryOutput = false
    var requested: [RequestedOutput] = []

    init(
        inputs: [TensorSpecification],
        outputs: [TensorSpecification],
        pictures: PictureInput? = nil,
        bodySize: Int,
        binary: ArraySlice<UInt8>?
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.pictures = pictures
        self.bodySize = bodySize
        self.binary = binary ?? []
        announcesBinary = binary != nil
        tensors = [Tensor?](repeating: nil, count: inputs.count)
    }

    mutating func read(_ json: ArraySlice<UInt8>) throws(ServingError) -> InferenceRequest {
        try json.reading { reader throws(ServingError) in try self.read(&reader) }
    }

    private mutating func read(_ reader: inout JSONReader) throws(ServingError) -> InferenceRequest {
        var hasInputs = false
        try naming("the request") { () throws(JSONError) in try reader.enterObject() }
        while let key = try naming("the request", { () throws(JSONError) in try reader.nextKey() }) {
            switch key {
            case "id":
                request.id = try naming("\"id\"") { () throws(JSONError) in try reader.readString().string }
            case "parameters": try readParameters(&reader)
            case "inputs":
                hasInputs = true
                try readInputs(&reader)
            case "outputs": try readOutputs(&reader)
            default: try naming("the request") { () throws(JSONError) in try reader.skipValue() }
            }
        }
        try naming("the request") { () throws(JSONError) in try reader.finish() }
        guard hasInputs else {
            throw .badRequest("the request has no \"inputs\"; expected a list with \(names(inputs))")
        }
        return try finish()
    }

    private mutating func finish() throws(ServingError) -> InferenceRequest {
        for (index, tensor) in tensors.enumerated() {
            guard let tensor else {
                throw .badRequest(
                    "input '\(inputs[index].name)' is missing; the model takes \(names(inputs))"
                )
            }
            request.inputs.append(tensor)
        }
        guard binaryUsed == binary.count else {
            throw .badRequest(
                "\(binary.count) bytes of binary data follow the JSON, but the inputs' binary_data_size add up to \(binaryUsed)"
            )
        }
        request.outputs = try selectOutputs()
        return request
    }

    // MARK: Inputs

    private struct Input {
        var name: String?
        var type: ElementType?
        var shape: [Int]?
        var data: JSONReader?
        var binarySize: Int?

        var field: String { "input '\(name ?? "?")'" }
    }

    private mutating func readInputs(_ reader: inout JSONReader) throws(ServingError) {
        try naming("\"inputs\"") { () throws(JSONError) in try reader.enterArray() }
        while try naming("\"inputs\"", { () throws(JSONError) in try reader.nextElement() }) {
            try readInput(&reader)
        }
    }

    private mutating func readInput(_ reader: inout JSONReader) throws(ServingError) {
        var input = Input()
        var isRead = false
        try naming("\"inputs\"") { () throws(JSONError) in try reader.enterObject() }
        while let key = try naming(input.field, { () throws(JSONError) in try reader.nextKey() }) {
            let field = input.field
            switch key {
            case "name":
                input.name = try naming("an input's \"name\"") { () throws(JSONError) in
                    try reader.readString().string
                }
            case "datatype": input.type = try readType(&reader, field)
            case "shape": input.shape = try TensorShape.read(&reader, input: input.name ?? "?")
            case "parameters": input.binarySize = try readBinarySize(&reader, field)
            case "data" where input.name != nil && input.type != nil && input.shape != nil:
                let (index, data) = try describe(input)
                tensors[index] = try data.read(&reader)
                isRead = true
            case "data":
                input.data = reader
                try naming("\(field): data") { () throws(JSONError) in try reader.skipValue() }
            default: try naming(field) { () throws(JSONError) in try reader.skipValue() }
            }
        }
        try finish(input, isRead: isRead)
    }

    private mutating func finish(_ input: Input, isRead: Bool) throws(ServingError) {
        if let size = input.binarySize {
            guard !isRead, input.data == nil else {
                throw .badRequest("\(input.field) has both \"data\" and binary_data_size; send one of them")
            }
            let (index, data) = try describe(input)
            guard size <= binary.count - binaryUsed else {
                throw .badRequest(
                    "input '\(inputs[index].name)': binary_data_size is \(size), "
                        + "but \(binary.count - binaryUsed) bytes of binary data are left"
                        + (announcesBinary ? "" : "; is the Inference-Header-Content-Length header missing?")
                )
            }
            tensors[index] = try data.read(binary: binary.dropFirst(binaryUsed).prefix(size))
            binaryUsed += size
        } else if var reader = input.data {
            let (index, data) = try describe(input)
            tensors[index] = try data.read(&reader)
        } else if !isRead {
            let (index, _) = try describe(input)
            throw .badRequest(
                "input '\(inputs[index].name)' has neither \"data\" nor the parameter binary_data_size"
            )
        }
    }

    /// Finds the model's input that is meant, and checks type and shape against it.
    private func describe(_ input: Input) throws(ServingError) -> (index: Int, data: TensorData) {
        guard let name = input.name else {
            throw .badRequest("an input has no \"name\"; the model takes \(names(inputs))")
        }
        guard let index = inputs.firstIndex(where: { $0.name == name }) else {
            throw .badRequest("unknown input '\(name)'; the model takes \(names(inputs))")
        }
        guard tensors[index] == nil else { throw .badRequest("input '\(name)' is given twice") }
        var specification = inputs[index]
        if input.type == .bytes, let pictures, pictures.index == index,
            let encoded = pictures.encoded(shape: input.shape)
        {
            specification = encoded
        }
        guard let type = input.type else {
            throw .badRequest("input '\(name)' has no \"datatype\"; expected \(specification.type.rawValue)")
        }
        guard type == specification.type else {
            throw .badRequest(
                "input '\(name)': datatype \(type.rawValue), the model takes \(specification.type.rawValue)"
                    + (type == .bytes ? Self.pictureHint(pictures) : "")
            )
        }
        guard let shape = input.shape else {
            throw .badRequest("input '\(name)' has no \"shape\"; the model takes \(specification.shape)")
        }
        let count = try TensorShape.count(shape, of: specification, bytes: bodySize)
        return (index, TensorData(specification: specification, shape: shape, count: count))
    }

    private static func pictureHint(_ pictures: PictureInput?) -> String {
        pictures == nil
            ? "; for pictures its config.json needs \"preprocess\""
            : "; or n pictures, as BYTES of shape [n] or [n, 1]"
    }

    private func readType(_ reader: inout JSONReader, _ field: String) throws(ServingError) -> ElementType {
        let name = try naming("\(field): datatype") { () throws(JSONError) in
            try reader.readString().string
        }
        guard let type = ElementType(rawValue: name) else {
            throw .badRequest(
                "\(field): unknown datatype '\(cropped(name, to: 64))'; known: "
                    + ElementType.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return type
    }

    private func readBinarySize(_ reader: inout JSONReader, _ field: String) throws(ServingError) -> Int? {
        var size: Int?
        let parameters = "\(field): parameters"
        guard try naming(parameters, { () throws(JSONError) in try reader.enterParameters() }) else {
            return nil
        }
        while let key = try naming(parameters, { () throws(JSONError) in try reader.nextKey() }) {
            guard key == "binary_data_size" else {
                try naming(parameters) { () throws(JSONError) in try reader.skipValue() }
                continue
            }
            let value = try naming("\(field): binary_data_size") { () throws(JSONError) in
                try reader.readInteger(Int.self)
            }
            guard value >= 0 else {
                throw .badRequest("\(field): binary_data_size is \(value); expected a whole number from 0 on")
            }
            size = value
        }
        return size
    }

    // MARK: Helpers

    func names(_ tensors: [TensorSpecification]) -> String {
        tensors.map { "'\($0.name)'" }.joined(separator: ", ")
    }
}
