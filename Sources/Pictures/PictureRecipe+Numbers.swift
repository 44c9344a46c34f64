/// From decoded samples to a model's numbers.
extension PictureRecipe {
    /// The numbers of a picture: `count` of them in the recipe's layout.
    ///
    /// - Parameters:
    ///   - picture: as stored, perhaps decoded at a half, a quarter or an eighth of its size, rounded up.
    ///   - orientation: how it is to be turned.
    ///   - full: the stored picture's size before it was divided; nil for the picture's own.
    ///   - divisor: what it was divided by.
    package func numbers(
        _ picture: Picture,
        orientation: Orientation = .upright,
        full: (width: Int, height: Int)? = nil,
        divisor: Int = 1
    ) -> [Float] {
        let (width, height) = full ?? (picture.width, picture.height)
        let fitting = PictureFitting(
            width: width,
            height: height,
            orientation: orientation,
            recipe: self
        )
        let resampler = Resampler(
            rows: AxisWeights(
                from: picture.height,
                extent: Double(height) / Double(divisor),
                to: fitting.rows.length,
                range: fitting.rows.kept
            ),
            columns: AxisWeights(
                from: picture.width,
                extent: Double(width) / Double(divisor),
                to: fitting.columns.length,
                range: fitting.columns.kept
            )
        )
        let part = PicturePart(
            height: fitting.rows.kept.count,
            width: fitting.columns.kept.count,
            channels: picture.channels,
            samples: resampler.resample(picture)
        ).converted(channels: channels)
        return placed(part, orientation, fitting)
    }

    /// Factor and summand of each of the model's channels.
    private var affine: [(factor: Float, summand: Float)] {
        (0..<channels).map { channel in
            let (mean, std) = (mean[mean.count == 1 ? 0 : channel], std[std.count == 1 ? 0 : channel])
            return (scale / std, -mean / std)
        }
    }

    /// Turns a part upright, normalises it and puts it where it belongs.
    private func placed(_ part: PicturePart, _ orientation: Orientation, _ fitting: PictureFitting) -> [Float]
    {
        var numbers = padding(part)
        let (pixel, plane) = layout == .nchw ? (1, height * width) : (channels, 1)
        let (height, width) =
            orientation.swapsAxes ? (part.width, part.height) : (part.height, part.width)
        let steps = part.steps(orientation)
        part.samples.withUnsafeBufferPointer { samples in
            numbers.withUnsafeMutableBufferPointer { numbers in
                for (channel, (factor, summand)) in affine.enumerated() {
                    let source = order == .bgr && channels == 3 ? 2 - channel : channel
                    for y in 0..<height {
                        var from = steps.start + y * steps.down + source
                        var to = ((fitting.top + y) * self.width + fitting.left) * pixel + channel * plane
                        for _ in 0..<width {
                            numbers[to] = samples[from] * factor + summand
                            from += steps.right
                            to += pixel
                        }
                    }
                }
            }
        }
        return numbers
    }

    /// The whole input filled with the background, or with nothing where the picture fills it anyway.
    private func padding(_ part: PicturePart) -> [Float] {
        guard part.height * part.width < height * width else { return [Float](repeating: 0, count: count) }
        let colour = PicturePart(
            height: 1,
            width: 1,
            channels: 3,
            samples: (background ?? [0, 0, 0]).map { Float($0) }
        ).converted(channels: channels).samples
        let values = affine.enumerated().map { channel, step in
            colour[order == .bgr && channels == 3 ? 2 - channel : channel] * step.factor + step.summand
        }
        return (0..<count).map { values[layout == .nchw ? $0 / (height * width) : $0 % channels] }
    }
}

/// A resampled part of a picture, as it was stored: `[height × width × channels]`, values from 0 to 255.
struct PicturePart {
    let height: Int
    let width: Int
    let channels: Int
    let samples: [Float]

    /// In grey (ITU-R BT.601 luma) or in colour.
    func converted(channels wanted: Int) -> PicturePart {
        guard wanted != channels else { return self }
        let count = width * height
        var converted = [Float](repeating: 0, count: count * wanted)
        for pixel in 0..<count {
            if wanted == 1 {
                let luma = 0.299 * samples[3 * pixel] + 0.587 * samples[3 * pixel + 1]
                converted[pixel] = luma + 0.114 * samples[3 * pixel + 2]
            } else {
                for channel in 0..<3 { converted[3 * pixel + channel] = samples[pixel] }
            }
        }
        return PicturePart(height: height, width: width, channels: wanted, samples: converted)
    }

    /// Where the upright picture's first pixel lies, and how far it is to those right of it and below it.
    func steps(_ orientation: Orientation) -> (start: Int, right: Int, down: Int) {
        let row = orientation.flipsRows ? -width * channels : width * channels
        let column = orientation.flipsColumns ? -channels : channels
        let start =
            (orientation.flipsRows ? (height - 1) * width * channels : 0)
            + (orientation.flipsColumns ? (width - 1) * channels : 0)
        return orientation.swapsAxes ? (start, row, column) : (start, column, row)
    }
}
