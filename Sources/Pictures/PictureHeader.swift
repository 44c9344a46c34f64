/// What a picture file says about itself, read without decoding anything: enough to refuse what would cost too much.
package struct PictureHeader: Equatable, Sendable {
    /// How its samples are to be understood.
    package enum Colours: Equatable, Sendable {
        case grey
        case colour
        /// Colour or grey with transparency, or where a colour stands for it.
        case transparent
        /// Four inks, inverted as Adobe writes them.
        case cmyk
    }

    package let format: PictureFormat
    /// As stored, before the orientation is applied.
    package let width: Int
    package let height: Int
    package let colours: Colours
    /// Bits of a sample.
    package let depth: Int
    package let orientation: Orientation
    /// Passes over the picture that the file is made of, 1 for most; a progressive JPEG has about 10.
    package let scans: Int

    package var pixels: Int { width * height }

    /// Sides that all libraries agree on; a PNG may claim more.
    static let sideMax = 65_535

    package init(_ file: ArraySlice<UInt8>) throws(PictureError) {
        if Self.hasJPEGSignature(file) {
            self = try JPEGHeader(file).header()
        } else if Self.hasPNGSignature(file) {
            self = try PNGHeader(file).header()
        } else {
            throw .unknownFormat(Self.otherFormat(file))
        }
    }

    init(
        _ format: PictureFormat,
        width: Int,
        height: Int,
        colours: Colours,
        depth: Int,
        orientation: Orientation,
        scans: Int
    ) throws(PictureError) {
        guard width > 0, height > 0 else { throw .malformed(format, "it is \(width)x\(height) pixels") }
        guard width <= Self.sideMax, height <= Self.sideMax else {
            throw .unsupported(
                format,
                "\(width)x\(height) pixels",
                remedy: "a side has at most \(Self.sideMax); send it smaller"
            )
        }
        self.format = format
        self.width = width
        self.height = height
        self.colours = colours
        self.depth = depth
        self.orientation = orientation
        self.scans = scans
    }

    /// Whether a file begins as a picture that is read.
    package static func isPicture(_ file: ArraySlice<UInt8>) -> Bool {
        hasJPEGSignature(file) || hasPNGSignature(file)
    }

    private static func hasJPEGSignature(_ file: ArraySlice<UInt8>) -> Bool {
        file.starts(with: [0xFF, 0xD8, 0xFF])
    }

    private static func hasPNGSignature(_ file: ArraySlice<UInt8>) -> Bool {
        file.starts(with: PNGHeader.signature)
    }

    /// A format that people send and that is not read.
    private static func otherFormat(_ file: ArraySlice<UInt8>) -> String? {
        let start = file.prefix(12)
        let brand = String(decoding: start.dropFirst(8), as: UTF8.self)
        switch String(decoding: start.prefix(4), as: UTF8.self) {
        case "GIF8": return "GIF"
        case "RIFF" where brand == "WEBP": return "WebP"
        case "II*\0", "MM\0*": return "TIFF"
        case let text where text.hasPrefix("BM"): return "BMP"
        case _ where start.dropFirst(4).starts(with: "ftyp".utf8): return brand == "avif" ? "AVIF" : "HEIC"
        default: return nil
        }
    }
}

/// Big-endian numbers, as both formats have them.
extension ArraySlice<UInt8> {
    /// The number that the first `count` bytes make; nil when there are fewer.
    func big(_ count: Int, at offset: Int = 0) -> Int? {
        guard self.count >= offset + count else { return nil }
        return dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | Int($1) }
    }
}
