package import Pictures

/// Binary PGM and PPM: a few words of text and the samples.
///
/// Source: netpbm's pgm(5) and ppm(5).
package struct NetPBM {
    private let channels: Int
    private let width: Int
    private let height: Int
    private let samples: ArraySlice<UInt8>
    private let maximum: Int

    private static let sideMax = 16_384
    private static let samplesMax = 256 << 20

    /// Whether a file begins as one of these.
    package static func hasSignature(_ file: [UInt8]) -> Bool {
        file.starts(with: "P5".utf8) || file.starts(with: "P6".utf8)
    }

    package init(_ file: [UInt8]) throws(InvalidNetPBM) {
        guard Self.hasSignature(file) else { throw .malformed("it does not begin with P5 or P6") }
        channels = file[1] == UInt8(ascii: "6") ? 3 : 1
        var rest = file.dropFirst(2)
        width = try Self.number(&rest)
        height = try Self.number(&rest)
        maximum = try Self.number(&rest)
        guard (1...Self.sideMax).contains(width), (1...Self.sideMax).contains(height),
            width * height * channels <= Self.samplesMax
        else { throw .malformed("\(width)x\(height) pixels") }
        guard (1...255).contains(maximum) else { throw .deep(maximum) }
        samples = rest.dropFirst()
        guard samples.count >= width * height * channels else { throw .malformed("its data is cut short") }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws(InvalidNetPBM) -> Int {
        while let byte = rest.first, byte <= 0x20 || byte == UInt8(ascii: "#") {
            rest = byte == UInt8(ascii: "#") ? rest.drop { $0 != 0x0A } : rest.dropFirst()
        }
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count)
        guard let value = Int(String(decoding: digits.prefix(9), as: UTF8.self)) else {
            throw .malformed("a number is missing in its head")
        }
        return value
    }

    /// The picture, with samples from 0 to 255.
    package var picture: Picture {
        let values = samples.prefix(width * height * channels).map {
            UInt8((min(Int($0), maximum) * 255 + maximum / 2) / maximum)
        }
        return Picture(width: width, height: height, channels: channels, samples: values)
    }
}

/// Why a file is no PGM or PPM that can be sent.
package enum InvalidNetPBM: Error, Equatable, CustomStringConvertible {
    case malformed(String)
    case deep(Int)

    package var description: String {
        switch self {
        case .malformed(let what): "broken PGM or PPM: \(what)"
        case .deep(let maximum):
            "PGM or PPM with samples up to \(maximum) is not read; save it with 8 bits a sample"
        }
    }
}
