import Glibc

/// The segments of a JPEG file (ITU-T T.81, annex B; Adobe's and EXIF's application segments).
struct JPEGHeader {
    private struct Frame {
        let marker: UInt8
        let depth: Int
        let width: Int
        let height: Int
        let components: Int
    }

    private var frame: Frame?
    private var orientation = Orientation.upright
    private var scans = 0

    /// More than any encoder writes; each may run over the whole picture for a few bytes ("Two issues with the JPEG standard", 2).
    static let scansMax = 200

    init(_ file: ArraySlice<UInt8>) throws(PictureError) {
        var rest = file.dropFirst(2)
        while let marker = Self.nextMarker(&rest) {
            // Without a length: padding, restarts, the start again; 0 and 1 are none.
            if marker <= 1 || (0xD0...0xD8).contains(marker) { continue }
            guard marker != 0xD9, let length = rest.big(2), length >= 2, length <= rest.count else { break }
            try segment(marker, rest.prefix(length).dropFirst(2))
            rest = rest.dropFirst(length)
            guard scans <= Self.scansMax else {
                throw .tooCostly(
                    .jpeg,
                    "more than \(Self.scansMax) scans",
                    remedy: "save it as a baseline JPEG"
                )
            }
        }
    }

    /// The next marker, stepping over it and over what comes before: entropy-coded data, whose bytes 0xFF are followed by 0.
    private static func nextMarker(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
        let (marker, end) = rest.withUnsafeBufferPointer { bytes -> (UInt8?, Int) in
            guard let start = bytes.baseAddress else { return (nil, 0) }
            var position = 0
            // Megabytes are stepped over, on the thread that serves everyone's connections.
            while position + 1 < bytes.count,
                let found = memchr(start + position, 0xFF, bytes.count - 1 - position)
            {
                let next = UnsafeRawPointer(found) - UnsafeRawPointer(start) + 1
                if bytes[next] != 0xFF, bytes[next] != 0 { return (bytes[next], next + 1) }
                position = bytes[next] == 0xFF ? next : next + 1
            }
            return (nil, bytes.count)
        }
        rest = rest.dropFirst(end)
        return marker
    }

    private mutating func segment(_ marker: UInt8, _ data: ArraySlice<UInt8>) throws(PictureError) {
        switch marker {
        case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker):
            guard frame == nil else { throw .malformed(.jpeg, "it has two frame headers") }
            guard let depth = data.big(1), let height = data.big(2, at: 1), let width = data.big(2, at: 3),
                let components = data.big(1, at: 5)
            else { throw .malformed(.jpeg, "its frame header is cut short") }
            frame = Frame(
                marker: marker,
                depth: depth,
                width: width,
                height: height,
                components: components
            )
        case 0xDA: scans += 1
        case 0xE1 where scans == 0 && data.starts(with: "Exif\0\0".utf8):
            orientation = Orientation(exif: data.dropFirst(6)) ?? .upright
        default: break
        }
    }

    func header() throws(PictureError) -> PictureHeader {
        guard let frame else { throw .malformed(.jpeg, "it ends before its frame header") }
        let remedy = "save it as a baseline or progressive JPEG with 8 bits a sample"
        guard [0xC0, 0xC1, 0xC2].contains(frame.marker) else {
            throw .unsupported(.jpeg, "lossless, hierarchical or arithmetic coding", remedy: remedy)
        }
        guard frame.depth == 8 else {
            throw .unsupported(.jpeg, "\(frame.depth) bits a sample", remedy: remedy)
        }
        guard frame.height > 0 else {
            throw .unsupported(.jpeg, "its height at the end", remedy: "save it again")
        }
        let colours: PictureHeader.Colours
        switch frame.components {
        case 1: colours = .grey
        case 3: colours = .colour
        case 4: colours = .cmyk
        default:
            throw .unsupported(.jpeg, "\(frame.components) components", remedy: "save it in grey or colour")
        }
        guard scans > 0 else { throw .malformed(.jpeg, "it ends before its picture begins") }
        return try PictureHeader(
            .jpeg,
            width: frame.width,
            height: frame.height,
            colours: colours,
            depth: 8,
            orientation: orientation,
            scans: scans
        )
    }
}
