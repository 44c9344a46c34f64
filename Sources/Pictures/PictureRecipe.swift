/// How pictures become a model's input: the steps of torchvision's and Hugging Face's image processors.
///
/// Upright, resized, cropped or padded to `height` x `width`, in the model's channels; then each sample s, from 0 to 255, becomes
/// (s x scale - mean) / std.
package struct PictureRecipe: Equatable, Sendable {
    /// How a picture of another shape is made to fit.
    package enum Fit: String, CaseIterable, Sendable {
        /// Each axis is resized by itself.
        case stretch
        /// It is resized until it covers the size, and cut at both ends.
        case crop
        /// It is resized until the size holds it, and what is left is filled with the background.
        case pad
    }

    package enum Layout: String, CaseIterable, Sendable {
        /// One channel after the other: `[channels, height, width]`.
        case nchw
        /// The channels of a pixel side by side: `[height, width, channels]`.
        case nhwc
    }

    package enum Order: String, CaseIterable, Sendable { case rgb, bgr }

    package var height: Int
    package var width: Int
    /// 1 for grey (ITU-R BT.601 luma), 3 for colour.
    package var channels: Int
    package var layout = Layout.nchw
    package var order = Order.rgb
    package var fit = Fit.stretch
    /// For `crop`: what the shorter side is resized to before; nil for as little as covers the size.
    package var shortest: Int?
    package var scale: Float = 1
    /// One for all channels, or one for each, in the order of the channels that the model sees.
    package var mean: [Float] = [0]
    package var std: [Float] = [1]
    /// What lies behind transparent pixels and around a padded picture; nil for none: transparency is ignored, and padding is black.
    package var background: [UInt8]?
    package var limits = PictureLimits()

    package init(height: Int, width: Int, channels: Int) {
        precondition(height > 0 && width > 0 && (channels == 1 || channels == 3))
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Numbers that it makes of a picture.
    package var count: Int { height * width * channels }
}

/// What a picture may cost, asked before it is decoded.
package struct PictureLimits: Equatable, Sendable {
    /// Width times height.
    package var pixels = 64_000_000

    package init() {}

    /// Bytes that decoding may take: colour with transparency of as many pixels.
    var memory: Int { 4 * pixels }
    /// Pixels that all passes over a picture may touch together.
    var work: Int { 8 * pixels }

    /// Refuses what would cost too much.
    ///
    /// - Parameter bytes: what decoding will take.
    func check(_ header: PictureHeader, bytes: Int) throws(PictureError) {
        guard header.pixels <= pixels else {
            throw .tooManyPixels(width: header.width, height: header.height, limit: pixels)
        }
        guard bytes <= memory else {
            throw .tooCostly(
                header.format,
                "\(header.width)x\(header.height) pixels in \(header.scans) scans",
                remedy: "send it smaller or as a baseline JPEG"
            )
        }
        guard header.pixels * header.scans <= work else {
            throw .tooCostly(
                header.format,
                "\(header.scans) scans over \(header.width)x\(header.height) pixels",
                remedy: "save it as a baseline JPEG"
            )
        }
    }
}
