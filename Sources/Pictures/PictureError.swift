/// Why a file is no picture that can be used.
package enum PictureError: Error, Equatable, CustomStringConvertible {
    /// The file begins like none of the formats that are read; with the name of the one it begins like.
    case unknownFormat(String?)
    case malformed(PictureFormat, String)
    case unsupported(PictureFormat, String, remedy: String)
    case tooManyPixels(width: Int, height: Int, limit: Int)
    /// Decoding would need too much memory, or too many passes.
    case tooCostly(PictureFormat, String, remedy: String)
    case libraryMissing(PictureFormat, tried: [String])

    package var description: String {
        switch self {
        case .unknownFormat(let name):
            (name.map { "\($0) pictures are not read" } ?? "this is no picture that is known")
                + "; send JPEG or PNG (`convert picture picture.png` makes one)"
        case .malformed(let format, let what):
            "broken \(format.rawValue): \(what); send the whole file as it was written"
        case .unsupported(let format, let what, let remedy):
            "\(format.rawValue) with \(what) is not read; \(remedy)"
        case .tooManyPixels(let width, let height, let limit):
            "the picture has \(width)x\(height) pixels, at most \(limit) are decoded; send it smaller"
        case .tooCostly(let format, let what, let remedy):
            "\(format.rawValue) with \(what) costs too much; \(remedy)"
        case .libraryMissing(let format, let tried):
            "\(format.rawValue) pictures cannot be decoded here: \(tried.joined(separator: "; ")); install \(format.package)"
        }
    }
}

/// The formats of picture files that are decoded.
package enum PictureFormat: String, CaseIterable, Sendable {
    case jpeg = "JPEG"
    case png = "PNG"

    /// The package of Debian and Ubuntu that decodes it.
    var package: String { self == .jpeg ? "libturbojpeg0 (libturbojpeg on Ubuntu)" : "libspng0" }
}
