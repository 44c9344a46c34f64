/// A picture as it lies in memory: rows from the top, the samples of a pixel side by side, 8 bits each.
package struct Picture: Equatable, Sendable {
    package let width: Int
    package let height: Int
    /// 1 for grey; 3 for red, green and blue.
    package let channels: Int
    /// `[height × width × channels]`, row-major.
    package let samples: [UInt8]

    package init(width: Int, height: Int, channels: Int, samples: [UInt8]) {
        precondition(channels == 1 || channels == 3, "a picture has 1 or 3 channels")
        precondition(samples.count == width * height * channels, "samples do not fill the picture")
        self.width = width
        self.height = height
        self.channels = channels
        self.samples = samples
    }
}
