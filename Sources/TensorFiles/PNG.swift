import Wire

/// The part of PNG that pictures for models come in: 8 bits a sample, not interlaced, any colour type.
///
/// Source: W3C, "Portable Network Graphics (PNG) Specification", sections 5 (chunks), 9 (filters), 10 (compression).
struct PNG {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private enum ColourType: UInt8 {
        case grey = 0
        case colour = 2
        case palette = 3
        case greyAlpha = 4
        case colourAlpha = 6

        /// Bytes of a pixel.
        var stride: Int {
            switch self {
            case .grey, .palette: 1
            case .greyAlpha: 2
            case .colour: 3
            case .colourAlpha: 4
            }
        }
    }

    private var width = 0
    private var height = 0
    private var colourType = ColourType.grey
    private var palette: ArraySlice<UInt8> = []
    private var data: [UInt8] = []

    init(_ file: [UInt8]) throws(PictureError) {
        var rest = file.dropFirst(Self.signature.count)
        while let chunk = try Self.chunk(&rest) {
            switch String(decoding: chunk.kind, as: UTF8.self) {
            case "IHDR": try readHeader(Array(chunk.data))
            case "PLTE": palette = chunk.data
            case "IDAT": data += chunk.data
            default: continue
            }
        }
        guard width > 0 else { throw .malformed(format: "PNG", "it has no IHDR chunk") }
    }

    /// The next chunk; nil after IEND.
    ///
    /// Checksums are zlib's business: the data carries its own.
    private static func chunk(
        _ rest: inout ArraySlice<UInt8>
    ) throws(PictureError) -> (kind: ArraySlice<UInt8>, data: ArraySlice<UInt8>)? {
        let head = rest.prefix(8)
        guard head.count == 8 else { throw .malformed(format: "PNG", "it ends before its IEND chunk") }
        let length = head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        let kind = head.suffix(4)
        guard !kind.elementsEqual("IEND".utf8) else { return nil }
        guard rest.count >= length + 12 else { throw .malformed(format: "PNG", "a chunk is cut short") }
        let data = rest.dropFirst(8).prefix(length)
        rest = rest.dropFirst(length + 12)
        return (kind, data)
    }

    private mutating func readHeader(_ header: [UInt8]) throws(PictureError) {
        guard header.count == 13 else {
            throw .malformed(format: "PNG", "its IHDR chunk has \(header.count) bytes")
        }
        width = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
        height = header[4..<8].reduce(0) { $0 << 8 | Int($1) }
        guard (1...Picture.sideMax).contains(width), (1...Picture.sideMax).contains(height),
            width * height * 4 <= Picture.samplesMax
        else { throw .malformed(format: "PNG", "\(width)x\(height) pixels") }
        guard header[8] == 8 else { throw .unsupported(format: "PNG", "\(header[8]) bits a sample") }
        guard let type = ColourType(rawValue: header[9]) else {
            throw .malformed(format: "PNG", "colour type \(header[9])")
        }
        guard header[12] == 0 else { throw .unsupported(format: "PNG", "interlacing") }
        colourType = type
    }

    func picture() throws(PictureError) -> Picture {
        let rowLength = width * colourType.stride
        let lines: [UInt8]
        do throws(InflationError) {
            lines = try ContentCoding.deflate.inflate(data[...], limit: height * (rowLength + 1))
        } catch {
            throw .malformed(format: "PNG", error.description)
        }
        guard lines.count == height * (rowLength + 1) else {
            throw .malformed(format: "PNG", "its data is cut short")
        }
        let bytes = try unfiltered(lines, rowLength)
        switch colourType {
        case .grey: return grey(bytes.map(Float.init))
        case .greyAlpha: return grey(stride(from: 0, to: bytes.count, by: 2).map { Float(bytes[$0]) })
        case .colour: return colour(bytes.map(Float.init))
        case .colourAlpha:
            return colour(bytes.indices.filter { $0 % 4 != 3 }.map { Float(bytes[$0]) })
        case .palette:
            var samples: [Float] = []
            for index in bytes { samples += try entry(index) }
            return colour(samples)
        }
    }

    private func grey(_ samples: [Float]) -> Picture {
        Picture(width: width, height: height, channels: 1, samples: samples)
    }

    private func colour(_ samples: [Float]) -> Picture {
        Picture(width: width, height: height, channels: 3, samples: samples)
    }

    private func entry(_ index: UInt8) throws(PictureError) -> [Float] {
        let colour = palette.dropFirst(3 * Int(index)).prefix(3)
        guard colour.count == 3 else {
            throw .malformed(format: "PNG", "colour \(index) is not in its palette")
        }
        return colour.map(Float.init)
    }

    /// Undoes the filter of each row, which its first byte names.
    private func unfiltered(_ lines: [UInt8], _ rowLength: Int) throws(PictureError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: height * rowLength)
        let step = colourType.stride
        for row in 0..<height {
            let filter = lines[row * (rowLength + 1)]
            guard filter <= 4 else { throw .malformed(format: "PNG", "filter \(filter) in row \(row)") }
            for column in 0..<rowLength {
                let position = row * rowLength + column
                let left = column >= step ? bytes[position - step] : 0
                let up = row > 0 ? bytes[position - rowLength] : 0
                let corner = row > 0 && column >= step ? bytes[position - rowLength - step] : 0
                let predicted: UInt8 =
                    switch filter {
                    case 0: 0
                    case 1: left
                    case 2: up
                    case 3: UInt8((Int(left) + Int(up)) / 2)
                    default: Self.paeth(Int(left), Int(up), Int(corner))
                    }
                bytes[position] = lines[row * (rowLength + 1) + 1 + column] &+ predicted
            }
        }
        return bytes
    }

    /// The neighbour nearest to left + up - corner (section 9.4).
    private static func paeth(_ left: Int, _ up: Int, _ corner: Int) -> UInt8 {
        let estimate = left + up - corner
        let (toLeft, toUp, toCorner) = (abs(estimate - left), abs(estimate - up), abs(estimate - corner))
        if toLeft <= toUp && toLeft <= toCorner { return UInt8(left) }
        return UInt8(toUp <= toCorner ? up : corner)
    }
}
