/// The chunks of a PNG file before its data (W3C, "Portable Network Graphics (PNG) Specification", sections 5 and 11).
struct PNGHeader {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private let width: Int
    private let height: Int
    private let depth: Int
    private let colourType: Int
    private var hasTransparency = false
    private var orientation = Orientation.upright

    init(_ file: ArraySlice<UInt8>) throws(PictureError) {
        var rest = file.dropFirst(Self.signature.count)
        guard let first = Self.chunk(&rest), first.kind == "IHDR", first.data.count == 13,
            let width = first.data.big(4), let height = first.data.big(4, at: 4),
            let depth = first.data.big(1, at: 8), let colourType = first.data.big(1, at: 9)
        else { throw .malformed(.png, "its header is cut short or missing") }
        guard [1, 2, 4, 8, 16].contains(depth), [0, 2, 3, 4, 6].contains(colourType) else {
            throw .malformed(.png, "it claims \(depth) bits a sample and colour type \(colourType)")
        }
        self.width = width
        self.height = height
        self.depth = depth
        self.colourType = colourType
        var hasData = false
        while !hasData, let chunk = Self.chunk(&rest) {
            switch chunk.kind {
            case "tRNS": hasTransparency = true
            case "eXIf": orientation = Orientation(exif: chunk.data) ?? .upright
            case "IDAT", "IEND": hasData = true
            default: break
            }
        }
        guard hasData || rest.dropFirst(4).starts(with: "IDAT".utf8) else {
            throw .malformed(.png, "it ends before its picture begins")
        }
    }

    /// The next chunk, whose checksum the decoder looks at; nil for none, or one that is cut short.
    private static func chunk(_ rest: inout ArraySlice<UInt8>) -> (kind: String, data: ArraySlice<UInt8>)? {
        guard let length = rest.big(4), rest.count >= length + 12 else { return nil }
        let kind = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
        let data = rest.dropFirst(8).prefix(length)
        rest = rest.dropFirst(length + 12)
        return (kind, data)
    }

    func header() throws(PictureError) -> PictureHeader {
        try PictureHeader(
            .png,
            width: width,
            height: height,
            colours: hasTransparency || colourType >= 4 ? .transparent : colourType == 0 ? .grey : .colour,
            depth: depth,
            orientation: orientation,
            scans: 1
        )
    }
}
