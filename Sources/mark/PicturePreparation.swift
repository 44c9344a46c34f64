import TensorFiles

/// How a picture's samples become an input's numbers.
struct PicturePreparation {
    let scale: Float
    private let mean: [Float]
    private let std: [Float]

    init(scale: Float, mean: String, std: String) throws {
        self.scale = scale
        self.mean = try Self.numbers(mean, "--mean")
        self.std = try Self.numbers(std, "--std")
        guard !self.std.contains(0) else {
            throw CommandFailure("--std is \(std); nothing can be divided by 0")
        }
    }

    private static func numbers(_ text: String, _ option: String) throws -> [Float] {
        let numbers = text.split(separator: ",").compactMap { Float($0) }
        guard numbers.count == text.split(separator: ",", omittingEmptySubsequences: false).count,
            [1, 3].contains(numbers.count)
        else { throw CommandFailure("\(option) is \(text); expected a number, or three with commas") }
        return numbers
    }

    /// The picture's numbers in the layout that an input's shape asks for, the batch axis left out.
    ///
    /// Known: `[H,W]`, `[1,H,W]`, `[3,H,W]`, `[H,W,1]`, `[H,W,3]`, and `[n]` where n is a square (grey).
    func numbers(_ picture: Picture, shape: [Int], input: String) throws -> [Float] {
        let (height, width, channels, isPlanar) = try Self.layout(shape, input)
        let fitted = picture.converted(channels: channels).resized(width: width, height: height)
        let samples = isPlanar ? fitted.planar : fitted.samples
        let pixels = width * height
        return samples.enumerated().map { index, sample in
            let channel = isPlanar ? index / pixels : index % channels
            return (sample * scale - mean[mean.count == 1 ? 0 : channel]) / std[std.count == 1 ? 0 : channel]
        }
    }

    private static func layout(
        _ shape: [Int],
        _ input: String
    ) throws -> (height: Int, width: Int, channels: Int, isPlanar: Bool) {
        let side = shape.count == 1 ? Int(Double(max(0, shape[0])).squareRoot()) : 0
        switch shape.count {
        case 1 where side > 0 && side * side == shape[0]: return (side, side, 1, false)
        case 2 where shape.allSatisfy { $0 > 0 }: return (shape[0], shape[1], 1, false)
        case 3 where (shape[0] == 1 || shape[0] == 3) && shape.allSatisfy { $0 > 0 }:
            return (shape[1], shape[2], shape[0], true)
        case 3 where (shape[2] == 1 || shape[2] == 3) && shape.allSatisfy { $0 > 0 }:
            return (shape[0], shape[1], shape[2], false)
        default:
            throw CommandFailure(
                "input '\(input)' takes \(shape) an item, which is no picture; send a .npy, .bin or .json file"
            )
        }
    }
}
