package import ONNX
package import Pictures
import Wire

/// The input of a model that takes pictures.
package struct PictureInput: Sendable {
    /// Among the model's inputs.
    package let index: Int
    package let specification: TensorSpecification
    package let recipe: PictureRecipe

    /// Numbers that all pictures of a request may become: 256 MB of them.
    private static let numbersMax = 64 << 20
    /// Pixels of all pictures of a request, in pictures of the largest size.
    private static let picturesMax = 4

    private var field: String { "input '\(specification.name)'" }

    /// What a request may send in its place: encoded pictures, `[n]` or `[n, 1]`; nil for another shape.
    func encoded(shape: [Int]?) -> TensorSpecification? {
        guard let shape, shape.count == 1 || (shape.count == 2 && shape[1] == 1) else { return nil }
        let count = shape.count == 1 ? [-1] : [-1, 1]
        return TensorSpecification(name: specification.name, type: .bytes, shape: count)
    }

    /// Refuses pictures that are none or cost too much, without decoding any.
    ///
    /// - Returns: the files, out of Base64 where they came as text, with what they say about themselves.
    func check(_ tensor: Tensor) throws(ServingError) -> [EncodedPicture] {
        guard case .strings(let files) = tensor.elements, !files.isEmpty else {
            throw .badRequest("\(field) holds no picture; send at least one")
        }
        guard files.count <= Self.numbersMax / recipe.count else {
            throw ServingError(
                status: 413,
                "\(field): \(files.count) pictures at once; send at most \(Self.numbersMax / recipe.count)"
            )
        }
        let (fixed, sizes) = (specification.shape.first ?? -1, files.count)
        guard fixed == -1 || fixed == sizes else {
            throw .badRequest("\(field): \(sizes) pictures, the model takes \(fixed) at a time")
        }
        var pictures: [EncodedPicture] = []
        var pixels = 0
        for (number, file) in files.enumerated() {
            let place = files.count == 1 ? "" : "\(field): picture \(number): "
            let picture = try EncodedPicture(file, recipe, place)
            pixels += picture.header.pixels
            guard pixels <= Self.picturesMax * recipe.limits.pixels else {
                throw ServingError(
                    status: 413,
                    "\(field): over \(Self.picturesMax * recipe.limits.pixels) pixels in all pictures; send fewer at once"
                )
            }
            pictures.append(picture)
        }
        return pictures
    }

    /// The tensor that the pictures become.
    func tensor(
        _ pictures: [EncodedPicture],
        _ decoder: PictureDecoder
    ) throws(ServingError) -> Tensor {
        var numbers: [Float] = []
        numbers.reserveCapacity(pictures.count * recipe.count)
        for picture in pictures { numbers += try picture.numbers(recipe, decoder) }
        let item = specification.shape.count == 4 ? axes : Array(specification.shape.dropFirst())
        let shape = [pictures.count] + item
        guard specification.type == .uint8 else { return Tensor(.fp32, shape: shape, numbers: numbers) }
        return Tensor(.uint8, shape: shape, numbers: numbers.map { UInt8(min(255, max(0, $0.rounded()))) })
    }

    private var axes: [Int] {
        recipe.layout == .nchw
            ? [recipe.channels, recipe.height, recipe.width] : [recipe.height, recipe.width, recipe.channels]
    }
}

/// A picture as it came, and what it says about itself.
struct EncodedPicture: Sendable {
    let file: [UInt8]
    let header: PictureHeader
    /// Where it stood in the request, for errors.
    private let place: String

    init(_ file: [UInt8], _ recipe: PictureRecipe, _ place: String) throws(ServingError) {
        self.place = place
        self.file = try Self.decoded(file, place)
        do throws(PictureError) {
            header = try PictureDecoder.check(self.file[...], recipe)
        } catch {
            throw ServingError(picture: error, place)
        }
    }

    /// JSON carries no bytes, so pictures come in it as Base64.
    private static func decoded(_ file: [UInt8], _ place: String) throws(ServingError) -> [UInt8] {
        // What JPEG's and PNG's signatures are in Base64.
        guard file.starts(with: "/9j/".utf8) || file.starts(with: "iVBORw0KGg".utf8) else { return file }
        do throws(Base64.Malformed) { return try Base64.decode(file) } catch {
            throw .badRequest("\(place)\(error)")
        }
    }

    func numbers(_ recipe: PictureRecipe, _ decoder: PictureDecoder) throws(ServingError) -> [Float] {
        do throws(PictureError) {
            return try decoder.numbers(file[...], header, recipe)
        } catch {
            throw ServingError(picture: error, place)
        }
    }
}

extension ServingError {
    fileprivate init(picture error: PictureError, _ place: String) {
        let status =
            switch error {
            case .unknownFormat, .unsupported: 415
            case .malformed: 400
            case .tooManyPixels, .tooCostly: 413
            case .libraryMissing: 503
            }
        self.init(status: status, "\(place)\(error)")
    }
}
