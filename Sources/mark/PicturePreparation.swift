import Pictures

/// How a picture's samples become an input's numbers.
struct PicturePreparation {
    private let scale: Float
    private let mean: [Float]
    private let std: [Float]

    /// Samples as they are.
    init() { (scale, mean, std) = (1, [0], [1]) }

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

    /// How a picture becomes the numbers of an input whose shape, the batch axis left out, this is.
    ///
    /// Known: `[H,W]`, `[1,H,W]`, `[3,H,W]`, `[H,W,1]`, `[H,W,3]`, and `[n]` where n is a square (grey).
    func recipe(shape: [Int], input: String) throws -> PictureRecipe {
        let (height, width, channels, isPlanar) = try Self.layout(shape, input)
        var recipe = PictureRecipe(height: height, width: width, channels: channels)
        recipe.layout = isPlanar ? .nchw : .nhwc
        recipe.scale = scale
        // One number goes for all channels; a grey picture has but the first.
        recipe.mean = channels == 1 ? [mean[0]] : mean
        recipe.std = channels == 1 ? [std[0]] : std
        return recipe
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
