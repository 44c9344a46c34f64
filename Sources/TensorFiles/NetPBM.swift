/// Binary PGM and PPM: a few words of text and the samples.
///
/// Source: netpbm's pgm(5) and ppm(5).
struct NetPBM {
    private let channels: Int
    private let width: Int
    private let height: Int
    private let samples: ArraySlice<UInt8>
    private let maximum: Int

    init(_ file: [UInt8]) throws(PictureError) {
        channels = file[1] == UInt8(ascii: "6") ? 3 : 1
        var rest = file.dropFirst(2)
        width = try Self.number(&rest)
        height = try Self.number(&rest)
        maximum = try Self.number(&rest)
        guard (1...Picture.sideMax).contains(width), (1...Picture.sideMax).contains(height),
            width * height * channels <= Picture.samplesMax
        else { throw .malformed(format: "PGM or PPM", "\(width)x\(height) pixels") }
        guard (1...255).contains(maximum) else {
            throw .unsupported(format: "PGM or PPM", "samples up to \(maximum)")
        }
        samples = rest.dropFirst()
        guard samples.count >= width * height * channels else {
            throw .malformed(format: "PGM or PPM", "its data is cut short")
        }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws(PictureError) -> Int {
        while let byte = rest.first, byte <= 0x20 || byte == UInt8(ascii: "#") {
            rest = byte == UInt8(ascii: "#") ? rest.drop { $0 != 0x0A } : rest.dropFirst()
        }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard let value = Int(String(decoding: digits.prefix(9), as: UTF8.self)) else {
            throw .malformed(format: "PGM or PPM", "a number is missing in its head")
        }
        return value
    }

    func picture() -> Picture {
        let values = samples.prefix(width * height * channels).map {
            Float(min(Int($0), maximum)) * 255 / Float(maximum)
        }
        return Picture(width: width, height: height, channels: channels, samples: values)
    }
}
