/// At what size and as what a file is decoded.
struct DecodePlan: Equatable {
    /// What the stored picture's sides are divided by, and rounded up.
    let divisor: Int
    let width: Int
    let height: Int
    /// Of a pixel as the codec gives it: 1 grey, 3 colour, 4 with transparency (PNG) or inks (JPEG).
    let samples: Int
    /// That decoding takes, the codec's own included.
    let bytes: Int

    /// A JPEG can be decoded at a half, a quarter or an eighth for a fraction of the time; what is left is at least this many times
    /// the size that it is resized to, so that the resizing decides how it looks (Pillow's `reducing_gap`, 2 "almost
    /// indistinguishable").
    private static let gap = 2

    init(_ header: PictureHeader, _ recipe: PictureRecipe) {
        divisor = header.format == .jpeg ? Self.divisor(header, recipe) : 1
        width = (header.width + divisor - 1) / divisor
        height = (header.height + divisor - 1) / divisor
        switch (header.format, header.colours) {
        case (_, .grey): samples = header.depth <= 8 ? 1 : 3
        case (.jpeg, .cmyk): samples = 4
        case (.jpeg, _): samples = recipe.channels
        // Without a background transparency is ignored, as when Pillow converts to RGB.
        case (.png, .transparent): samples = recipe.background == nil ? 3 : 4
        case (.png, _): samples = 3
        }
        // With several scans the codec holds all coefficients, two bytes each.
        let components = header.colours == .grey ? 1 : header.colours == .cmyk ? 4 : 3
        let coefficients = header.scans > 1 ? 2 * components * header.pixels : 0
        bytes = width * height * samples + coefficients
    }

    private static func divisor(_ header: PictureHeader, _ recipe: PictureRecipe) -> Int {
        let fitting = PictureFitting(
            width: header.width,
            height: header.height,
            orientation: header.orientation,
            recipe: recipe
        )
        return [8, 4, 2].first {
            header.width / $0 >= gap * fitting.columns.length
                && header.height / $0 >= gap * fitting.rows.length
        } ?? 1
    }
}

/// The four inks of a CMYK JPEG, stored inverted as Adobe's programs and all who followed do.
enum Ink {
    /// Red, green and blue: what each ink and black let through.
    static func colour(_ inks: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: inks.count / 4 * 3) { colour, count in
            count = inks.count / 4 * 3
            for pixel in 0..<(inks.count / 4) {
                let black = UInt32(inks[4 * pixel + 3])
                for channel in 0..<3 {
                    let product = UInt32(inks[4 * pixel + channel]) * black
                    colour.initializeElement(at: 3 * pixel + channel, to: UInt8((product + 127) / 255))
                }
            }
        }
    }
}

/// Pixels that something shines through.
enum Transparency {
    /// Red, green and blue over a background.
    static func blended(_ samples: [UInt8], background: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count / 4 * 3) { colour, count in
            count = samples.count / 4 * 3
            for pixel in 0..<(samples.count / 4) {
                let alpha = UInt32(samples[4 * pixel + 3])
                for channel in 0..<3 {
                    let sum =
                        UInt32(samples[4 * pixel + channel]) * alpha + UInt32(background[channel])
                        * (255 - alpha)
                    colour.initializeElement(at: 3 * pixel + channel, to: UInt8((sum + 127) / 255))
                }
            }
        }
    }
}
