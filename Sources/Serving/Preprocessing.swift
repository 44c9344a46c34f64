package import ONNX
import Pictures
package import Wire

/// A model's `preprocess`: how pictures become one of its inputs.
///
/// ```json
/// {"input": "pixels", "size": [224, 224], "resize": "crop", "shortest": 256, "channels": 3, "order": "rgb",
///  "layout": "nchw", "scale": 0.00392156862745098, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
///  "background": [255, 255, 255], "pixels_max": 64000000}
/// ```
/// Every key may be left out where the input's shape says it, or `PictureRecipe` has a default.
package struct Preprocessing: Equatable, Sendable {
    /// Of the model's inputs, the one that pictures become; nil for its only one.
    package var input: String?
    /// Height and width; nil for those of the input's shape.
    private var height: Int?
    private var width: Int?
    private var channels: Int?
    private var layout: PictureRecipe.Layout?
    /// Everything that the shape says nothing about.
    private var rest = PictureRecipe(height: 1, width: 1, channels: 1)

    private static let keys = [
        "background", "channels", "input", "layout", "mean", "order", "pixels_max", "resize", "scale",
        "shortest", "size",
        "std",
    ]
    /// Larger than what any model looks at.
    private static let sideMax = 8192

    package init() {}

    package init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        let members = try ConfigurationMembers(json, Self.keys, at: path)
        input = try members.string("input")
        (height, width) = try Self.size(members)
        channels = try members.integer("channels", 1...3)
        guard channels != 2 else { throw .expected("1 (grey) or 3 (colour)", at: "\(path).channels") }
        layout = try members.choice("layout", PictureRecipe.Layout.self)
        rest.order = try members.choice("order", PictureRecipe.Order.self) ?? .rgb
        rest.fit = try members.choice("resize", PictureRecipe.Fit.self) ?? .stretch
        rest.shortest = try members.integer("shortest", 1...Self.sideMax)
        guard rest.shortest == nil || rest.fit == .crop else {
            throw .invalid("only \"resize\": \"crop\" resizes the shorter side", at: "\(path).shortest")
        }
        rest.scale = try members.numbers("scale", [1])?[0] ?? 1
        rest.mean = try members.numbers("mean", [1, 3]) ?? [0]
        rest.std = try members.numbers("std", [1, 3]) ?? [1]
        guard !rest.std.contains(0) else { throw .expected("numbers other than 0", at: "\(path).std") }
        rest.background = try Self.background(members, path)
        rest.limits.pixels = try members.integer("pixels_max", 1...1_000_000_000) ?? rest.limits.pixels
    }

    private static func size(
        _ members: ConfigurationMembers
    ) throws(InvalidConfiguration) -> (height: Int?, width: Int?) {
        guard let numbers = try members.numbers("size", [1, 2]) else { return (nil, nil) }
        let sides = numbers.compactMap { Int(exactly: $0) }.filter { (1...sideMax).contains($0) }
        guard sides.count == numbers.count else {
            throw .expected(
                "a side or [height, width], whole numbers from 1 to \(sideMax)",
                at: members.place("size")
            )
        }
        return (sides[0], sides[sides.count - 1])
    }

    private static func background(
        _ members: ConfigurationMembers,
        _ path: String
    ) throws(InvalidConfiguration) -> [UInt8]? {
        guard let numbers = try members.numbers("background", [1, 3]) else { return nil }
        let colour = numbers.compactMap { UInt8(exactly: $0) }
        guard colour.count == numbers.count else {
            throw .expected("whole numbers from 0 to 255", at: "\(path).background")
        }
        return colour.count == 1 ? [colour[0], colour[0], colour[0]] : colour
    }

    // MARK: The model's side

    /// The input that pictures become and how, from what a model says about its inputs.
    package func input(of inputs: [TensorSpecification]) throws(InvalidConfiguration) -> PictureInput {
        let names = inputs.map { "'\($0.name)'" }.joined(separator: ", ")
        guard input != nil || inputs.count == 1 else {
            throw .expected("one of the model's inputs \(names)", at: "preprocess.input")
        }
        guard let index = inputs.firstIndex(where: { input == nil || $0.name == input }) else {
            throw .expected("one of the model's inputs \(names)", at: "preprocess.input")
        }
        let specification = inputs[index]
        guard specification.type == .fp32 || specification.type == .uint8 else {
            throw .invalid(
                "input '\(specification.name)' is \(specification.type.rawValue); pictures become FP32 or UINT8",
                at: "preprocess"
            )
        }
        let recipe = try recipe(for: specification)
        return PictureInput(index: index, specification: specification, recipe: recipe)
    }

    private func recipe(for specification: TensorSpecification) throws(InvalidConfiguration) -> PictureRecipe
    {
        let item = Array(specification.shape.dropFirst())
        let hasAxes = item.count == 3
        let layout =
            layout ?? (hasAxes && ![1, 3].contains(item[0]) && [1, 3].contains(item[2]) ? .nhwc : .nchw)
        // Lengths by what they mean; nil where the shape leaves them open.
        let axes = layout == .nchw ? [0, 1, 2] : [2, 0, 1]
        let known = hasAxes ? axes.map { item[$0] > 0 ? item[$0] : nil } : [nil, nil, nil]
        guard let height = height ?? known[1], let width = width ?? known[2] else {
            throw .expected(
                "[height, width], as the shape \(specification.shape) of input '\(specification.name)' does not say it",
                at: "preprocess.size"
            )
        }
        var recipe = rest
        (recipe.height, recipe.width, recipe.layout) = (height, width, layout)
        recipe.channels = channels ?? known[0] ?? (item == [height * width] ? 1 : 3)
        try check(recipe, item, known, specification)
        return recipe
    }

    private func check(
        _ recipe: PictureRecipe,
        _ item: [Int],
        _ known: [Int?],
        _ specification: TensorSpecification
    ) throws(InvalidConfiguration) {
        let wanted = [recipe.channels, recipe.height, recipe.width]
        let fits =
            item.count == 3
            ? zip(known, wanted).allSatisfy { $0 == nil || $0 == $1 }
            : item.allSatisfy { $0 > 0 } && item.reduce(1, *) == recipe.count
        guard fits, [1, 3].contains(recipe.channels) else {
            throw .invalid(
                "\(recipe.channels) channels of \(recipe.height)x\(recipe.width) do not fit input '\(specification.name)' "
                    + "of shape \(specification.shape)",
                at: "preprocess"
            )
        }
        for (key, count) in [("mean", recipe.mean.count), ("std", recipe.std.count)]
        where count > recipe.channels {
            throw .expected("1 number, as the model sees grey", at: "preprocess.\(key)")
        }
        if let shortest = recipe.shortest, shortest < max(recipe.height, recipe.width) {
            throw .expected(
                "at least \(max(recipe.height, recipe.width)), the longer side of the size",
                at: "preprocess.shortest"
            )
        }
    }
}
