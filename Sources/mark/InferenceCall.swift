import ONNX
import Pictures
import Serving
import TensorFiles
import Wire

/// Makes a request out of files, knowing what the model says about itself.
struct InferenceCall {
    struct Request {
        let json: [UInt8]
        let binary: [UInt8]
        /// What each item of the batch came from; empty where that is not known.
        let items: [String]
    }

    private let inputs: [TensorSpecification]
    private let outputs: [TensorSpecification]
    private let inputName: String?
    private let top: Int
    /// How pictures are prepared here; nil where the endpoint may do it.
    private let preparation: PicturePreparation?
    /// The input that takes pictures as they are; nil when none does.
    private let pictureInput: String?

    init(metadata: JSON, input: String?, top: Int, preparation: PicturePreparation?) throws {
        inputs = try Self.tensors(metadata, "inputs")
        outputs = try Self.tensors(metadata, "outputs")
        inputName = input
        self.top = top
        self.preparation = preparation
        pictureInput = metadata["parameters"]?["pictures"]?.stringValue
    }

    static func tensors(_ metadata: JSON, _ key: String) throws -> [TensorSpecification] {
        try (metadata[key]?.arrayValue ?? []).map { tensor in
            guard let name = tensor["name"]?.stringValue,
                let shape = tensor["shape"]?.arrayValue?.compactMap(\.intValue),
                let type = tensor["datatype"]?.stringValue.flatMap(ElementType.init(rawValue:))
            else { throw CommandFailure("the endpoint's metadata has \(key) that are not understood") }
            return TensorSpecification(name: name, type: type, shape: shape)
        }
    }

    func request(for files: [String]) throws -> Request {
        let contents = try files.map { try FileContents($0) }
        if let whole = contents.first?.request {
            guard files.count == 1 else {
                throw CommandFailure("\(files[0]) is a whole request; send it alone")
            }
            return Request(json: whole, binary: [], items: [])
        }
        let input = try input()
        if let array = contents.first?.array {
            guard files.count == 1 else { throw CommandFailure("\(files[0]) is a JSON array; send it alone") }
            let tensor: [JSON.Member] = header(input, Self.shape(of: array)) + [.init("data", array)]
            return Request(json: request(tensor), binary: [], items: [])
        }
        let sendsFiles =
            preparation == nil && pictureInput == input.name && contents.allSatisfy(\.isEncodedPicture)
        let tensors = try zip(files, contents).map { file, contents in
            if sendsFiles, case .encodedPicture(let bytes) = contents.form {
                return Tensor(.bytes, shape: [1], .strings([bytes]))
            }
            return try tensor(contents, input, file)
        }
        let shape = try batchShape(tensors, files)
        let bytes = tensors.reduce(into: [UInt8]()) { $1.appendBinary(to: &$0) }
        let parameters = JSON.Member("parameters", ["binary_data_size": .integer(Int64(bytes.count))])
        let items = zip(files, tensors).flatMap { file, tensor in
            [String](repeating: file, count: tensor.shape.first ?? 1)
        }
        let sent = TensorSpecification(name: input.name, type: tensors[0].type, shape: input.shape)
        return Request(json: request(header(sent, shape) + [parameters]), binary: bytes, items: items)
    }

    private func input() throws -> TensorSpecification {
        let names = inputs.map(\.name).joined(separator: ", ")
        guard let inputName else {
            guard inputs.count == 1 else {
                throw CommandFailure(
                    "the model has the inputs \(names); send a JSON request that gives them all"
                )
            }
            return inputs[0]
        }
        guard let input = inputs.first(where: { $0.name == inputName }) else {
            throw CommandFailure("the model has no input \(inputName); it has \(names)")
        }
        return input
    }

    private func tensor(_ contents: FileContents, _ input: TensorSpecification, _ file: String) throws
        -> Tensor
    {
        let item = Array(input.shape.dropFirst())
        switch contents.form {
        case .picture(let picture):
            return try tensor(input) { try recipe(for: item, input).numbers(picture) }
        case .encodedPicture(let bytes):
            return try tensor(input) {
                let recipe = try recipe(for: item, input)
                do {
                    let header = try PictureHeader(bytes[...])
                    return try PictureLibraries.decoder.numbers(bytes[...], header, recipe)
                } catch { throw CommandFailure("\(file): \(error)") }
            }
        case .array(let tensor):
            guard tensor.type == input.type else {
                throw CommandFailure(
                    "\(file) holds \(tensor.type.rawValue), input '\(input.name)' takes \(input.type.rawValue); convert it with astype"
                )
            }
            // A single item may come without its batch axis.
            guard tensor.shape.count == item.count else { return tensor }
            return Tensor(tensor.type, shape: [1] + tensor.shape, tensor.elements)
        case .raw(let bytes): return try raw(bytes, input, item, file)
        case .json: throw CommandFailure("\(file) is JSON; send it alone")
        }
    }

    private func recipe(for item: [Int], _ input: TensorSpecification) throws -> PictureRecipe {
        try (preparation ?? PicturePreparation()).recipe(shape: item, input: input.name)
    }

    /// A picture's numbers as one item of an input.
    private func tensor(_ input: TensorSpecification, _ numbers: () throws -> [Float]) throws -> Tensor {
        guard input.type == .fp32 || input.type == .uint8 else {
            throw CommandFailure(
                "input '\(input.name)' is \(input.type.rawValue); pictures fit FP32 and UINT8"
            )
        }
        let (shape, numbers) = ([1] + input.shape.dropFirst(), try numbers())
        guard input.type == .uint8 else { return Tensor(.fp32, shape: shape, numbers: numbers) }
        return Tensor(.uint8, shape: shape, numbers: numbers.map { UInt8(min(255, max(0, $0.rounded()))) })
    }

    private func raw(_ bytes: [UInt8], _ input: TensorSpecification, _ item: [Int], _ file: String) throws
        -> Tensor
    {
        guard let size = input.type.size, item.allSatisfy({ $0 > 0 }) else {
            throw CommandFailure("input '\(input.name)' has strings or free axes; send a .npy or .json file")
        }
        let itemSize = item.reduce(size, *)
        guard !bytes.isEmpty, bytes.count % itemSize == 0 else {
            throw CommandFailure(
                "\(file) has \(bytes.count) bytes; an item of \(input.shape) takes \(itemSize)"
            )
        }
        return Tensor(input.type, shape: [bytes.count / itemSize] + item, .raw(bytes[...]))
    }

    private func batchShape(_ tensors: [Tensor], _ files: [String]) throws -> [Int] {
        let item = tensors[0].shape.dropFirst()
        for (tensor, file) in zip(tensors, files) where tensor.shape.dropFirst() != item {
            throw CommandFailure(
                "\(file) has items of \(Array(tensor.shape.dropFirst())), \(files[0]) of \(Array(item))"
            )
        }
        return [tensors.reduce(0) { $0 + $1.shape[0] }] + item
    }

    // MARK: JSON

    private func header(_ input: TensorSpecification, _ shape: [Int]) -> [JSON.Member] {
        [
            .init("name", .string(input.name)), .init("datatype", .string(input.type.rawValue)),
            .init("shape", .array(shape.map { .integer(Int64($0)) })),
        ]
    }

    private func request(_ input: [JSON.Member]) -> [UInt8] {
        var members: [JSON.Member] = [.init("inputs", .array([.object(input)]))]
        if let scores = outputs.first(where: { $0.type == .fp32 && $0.shape.count == 2 }), top > 0 {
            let output: JSON = [
                "name": .string(scores.name), "parameters": ["classification": .integer(Int64(top))],
            ]
            members.append(.init("outputs", [output]))
        }
        return JSON.object(members).encoded()
    }

    private static func shape(of array: JSON) -> [Int] {
        guard let elements = array.arrayValue else { return [] }
        return [elements.count] + (elements.first.map(shape) ?? [])
    }
}
