/// Where a stored picture goes: its size after resizing, the part of that which is kept, and where that lies in the model's input.
struct PictureFitting: Equatable {
    /// Along the stored picture's rows and columns.
    struct Axis: Equatable {
        /// Length after resizing.
        var length: Int
        /// What of it is kept.
        var kept: Range<Int>
    }

    let rows: Axis
    let columns: Axis
    /// Of the upright picture in the model's input; above 0 where it is padded.
    let top: Int
    let left: Int

    /// - Parameters:
    ///   - width: of the stored picture at its full size, whatever it is decoded at.
    ///   - height: likewise.
    init(width: Int, height: Int, orientation: Orientation, recipe: PictureRecipe) {
        let upright = orientation.swapsAxes ? (width: height, height: width) : (width: width, height: height)
        let size = Self.resized(upright.width, upright.height, recipe)
        var rows = Self.axis(size.height, recipe.height)
        var columns = Self.axis(size.width, recipe.width)
        top = max(0, (recipe.height - size.height) / 2)
        left = max(0, (recipe.width - size.width) / 2)
        if orientation.swapsAxes { swap(&rows, &columns) }
        self.rows = orientation.flipsRows ? rows.flipped : rows
        self.columns = orientation.flipsColumns ? columns.flipped : columns
    }

    private static func resized(
        _ width: Int,
        _ height: Int,
        _ recipe: PictureRecipe
    ) -> (width: Int, height: Int) {
        let ratios = (Double(recipe.width) / Double(width), Double(recipe.height) / Double(height))
        switch recipe.fit {
        case .stretch: return (recipe.width, recipe.height)
        case .pad:
            let scale = min(ratios.0, ratios.1)
            return (
                min(recipe.width, max(1, Int((Double(width) * scale).rounded()))),
                min(recipe.height, max(1, Int((Double(height) * scale).rounded())))
            )
        case .crop:
            guard let shortest = recipe.shortest else {
                let scale = max(ratios.0, ratios.1)
                return (
                    max(recipe.width, Int((Double(width) * scale).rounded())),
                    max(recipe.height, Int((Double(height) * scale).rounded()))
                )
            }
            // The longer side is cut off to a whole number, as torchvision's Resize does it.
            return width <= height
                ? (shortest, shortest * height / width) : (shortest * width / height, shortest)
        }
    }

    /// The middle of an axis; halves go to the even side, as in torchvision's CenterCrop.
    private static func axis(_ length: Int, _ wanted: Int) -> Axis {
        guard length > wanted else { return Axis(length: length, kept: 0..<length) }
        let start = Int((Double(length - wanted) / 2).rounded(.toNearestOrEven))
        return Axis(length: length, kept: start..<(start + wanted))
    }
}

extension PictureFitting.Axis {
    fileprivate var flipped: Self {
        Self(length: length, kept: (length - kept.upperBound)..<(length - kept.lowerBound))
    }
}
