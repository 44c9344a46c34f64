/// A picture as numbers: rows from the top, samples of a pixel side by side, each from 0 to 255.
package struct Picture: Equatable, Sendable {
    package let width: Int
    package let height: Int
    /// 1 for grey, 3 for red, green and blue.
    package let channels: Int
    /// `[height × width × channels]`, row-major.
    package let samples: [Float]

    /// Larger than any picture that a model looks at, small enough to hold.
    static let sideMax = 16_384
    static let samplesMax = 64 * 1024 * 1024

    init(width: Int, height: Int, channels: Int, samples: [Float]) {
        precondition(samples.count == width * height * channels, "samples do not fill the picture")
        self.width = width
        self.height = height
        self.channels = channels
        self.samples = samples
    }

    /// Reads a PNG or a binary PGM or PPM file.
    package init(_ file: [UInt8]) throws(PictureError) {
        if file.starts(with: PNG.signature) {
            self = try PNG(file).picture()
        } else if file.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "5")])
            || file.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "6")])
        {
            self = try NetPBM(file).picture()
        } else {
            throw .unknownFormat
        }
    }

    /// The picture in another size: each new pixel is the mean of what it covers, or interpolated where it covers
    /// less than a pixel.
    package func resized(width: Int, height: Int) -> Picture {
        guard (width, height) != (self.width, self.height) else { return self }
        let columns = Self.weights(from: self.width, to: width)
        let rows = Self.weights(from: self.height, to: height)
        var resized = [Float](repeating: 0, count: width * height * channels)
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels {
                    var sum: Float = 0
                    for (row, rowWeight) in rows[y] {
                        for (column, columnWeight) in columns[x] {
                            sum +=
                                samples[(row * self.width + column) * channels + channel] * rowWeight
                                * columnWeight
                        }
                    }
                    resized[(y * width + x) * channels + channel] = sum
                }
            }
        }
        return Picture(width: width, height: height, channels: channels, samples: resized)
    }

    /// For each new position the old ones it is made of, with weights that add up to 1: a triangle as wide as a new
    /// pixel, at least as an old one (bilinear when enlarging, area when reducing).
    private static func weights(from old: Int, to new: Int) -> [[(Int, Float)]] {
        let scale = Float(old) / Float(new)
        let radius = max(1, scale)
        return (0..<new).map { position in
            let center = (Float(position) + 0.5) * scale - 0.5
            let first = max(0, Int((center - radius).rounded(.up)))
            let last = min(old - 1, Int((center + radius).rounded(.down)))
            let weights = (first...max(first, last)).map {
                ($0, max(0, 1 - abs(Float($0) - center) / radius))
            }
            let total = weights.reduce(0) { $0 + $1.1 }
            return total > 0 ? weights.map { ($0.0, $0.1 / total) } : [(min(old - 1, first), 1)]
        }
    }

    /// The picture in grey (ITU-R BT.601 luma) or in colour.
    package func converted(channels: Int) -> Picture {
        guard channels != self.channels else { return self }
        let pixels = 0..<(width * height)
        let converted: [Float] =
            channels == 1
            ? pixels.map {
                0.299 * samples[3 * $0] + 0.587 * samples[3 * $0 + 1] + 0.114 * samples[3 * $0 + 2]
            }
            : pixels.flatMap { [samples[$0], samples[$0], samples[$0]] }
        return Picture(width: width, height: height, channels: channels, samples: converted)
    }

    /// The samples one channel after the other: `[channels × height × width]`.
    package var planar: [Float] {
        (0..<channels).flatMap { channel in (0..<(width * height)).map { samples[$0 * channels + channel] } }
    }
}

/// Why a file is no picture that can be sent.
package enum PictureError: Error, Equatable, CustomStringConvertible {
    case unknownFormat
    case malformed(format: String, String)
    case unsupported(format: String, String)

    package var description: String {
        switch self {
        case .unknownFormat:
            "unknown picture format; PNG and binary PGM and PPM are read, others can be converted: `convert picture.jpg picture.png`"
        case .malformed(let format, let what): "malformed \(format): \(what)"
        case .unsupported(let format, let what):
            "\(format) with \(what) is not supported; save it with 8 bits a sample and without interlacing"
        }
    }
}
