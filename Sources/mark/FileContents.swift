import Glibc
import ONNX
import Pictures
import TensorFiles
import Wire

/// A file that can be sent, by what it holds.
struct FileContents {
    enum Form {
        /// JPEG or PNG.
        case encodedPicture([UInt8])
        case picture(Picture)
        case array(Tensor)
        case raw([UInt8])
        case json(JSON, [UInt8])
    }

    let form: Form

    /// More than any endpoint takes.
    private static let sizeMax = 256 * 1024 * 1024

    init(_ path: String) throws {
        let bytes = try Self.read(path)
        let suffix = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        do {
            switch suffix {
            case "json": form = .json(try JSON(parsing: bytes), bytes)
            case "npy": form = .array(try NumPyArray(bytes).tensor)
            case "bin": form = .raw(bytes)
            default:
                // What is none of these says so when its header is read.
                form =
                    NetPBM.hasSignature(bytes)
                    ? .picture(try NetPBM(bytes).picture) : try .encodedPicture(Self.checked(bytes))
            }
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
    }

    /// JPEG or PNG, by its header.
    private static func checked(_ file: [UInt8]) throws(PictureError) -> [UInt8] {
        _ = try PictureHeader(file[...])
        return file
    }

    /// Whether an endpoint that takes encoded pictures can have it as it is.
    var isEncodedPicture: Bool { if case .encodedPicture = form { true } else { false } }

    /// A whole request, as it is.
    var request: [UInt8]? {
        if case .json(let json, let bytes) = form, json.objectValue != nil { bytes } else { nil }
    }

    /// The data of the one input.
    var array: JSON? {
        if case .json(let json, _) = form, json.arrayValue != nil { json } else { nil }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw CommandFailure("\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            bytes += buffer[..<count]
            guard bytes.count <= sizeMax else { throw CommandFailure("\(path) is larger than 256 MB") }
        }
        return bytes
    }
}
