import CPictures
import Synchronization

/// Makes pictures of files with libjpeg-turbo and libspng, which are opened when the first picture comes.
///
/// Any number of threads may use it at once; it holds nothing but the places where the libraries may be.
package final class PictureDecoder: Sendable {
    /// The files of the libraries, by the names under which systems have them.
    package static let libraries: [PictureFormat: String] = [
        .jpeg: "libturbojpeg.so.0", .png: "libspng.so.0",
    ]

    private let folders: [String]
    private let opened = Mutex<Set<PictureFormat>>([])

    /// - Parameter folders: each may have a `lib` folder with the libraries; after them the loader's own places are searched.
    package init(folders: [String] = []) { self.folders = folders }

    /// The numbers that a recipe makes of a picture file.
    ///
    /// - Parameter header: the file's own.
    package func numbers(
        _ file: ArraySlice<UInt8>,
        _ header: PictureHeader,
        _ recipe: PictureRecipe
    ) throws(PictureError) -> [Float] {
        let picture = try decode(file, header, recipe)
        return recipe.numbers(
            picture,
            orientation: header.orientation,
            full: (header.width, header.height),
            divisor: DecodePlan(header, recipe).divisor
        )
    }

    /// Refuses a file whose decoding for a recipe would cost too much; opens no library.
    ///
    /// - Returns: what it says about itself.
    package static func check(_ file: ArraySlice<UInt8>, _ recipe: PictureRecipe) throws(PictureError)
        -> PictureHeader
    {
        let header = try PictureHeader(file)
        try recipe.limits.check(header, bytes: DecodePlan(header, recipe).bytes)
        return header
    }

    /// The picture as stored, for a recipe: smaller where that is all it needs, in grey where that is all it sees.
    package func decode(
        _ file: ArraySlice<UInt8>,
        _ header: PictureHeader,
        _ recipe: PictureRecipe
    ) throws(PictureError) -> Picture {
        let plan = DecodePlan(header, recipe)
        try recipe.limits.check(header, bytes: plan.bytes)
        try open(header.format)
        let samples = try decode(file, header.format, plan)
        switch plan.samples {
        case 4:
            let colour =
                header.format == .jpeg
                ? Ink.colour(samples)
                : Transparency.blended(samples, background: recipe.background ?? [0, 0, 0])
            return Picture(width: plan.width, height: plan.height, channels: 3, samples: colour)
        case let channels:
            return Picture(width: plan.width, height: plan.height, channels: channels, samples: samples)
        }
    }

    private func decode(
        _ file: ArraySlice<UInt8>,
        _ format: PictureFormat,
        _ plan: DecodePlan
    ) throws(PictureError) -> [UInt8] {
        var failure: String?
        let count = plan.width * plan.height * plan.samples
        let samples = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            // A broken file leaves some of it unwritten, and other requests' bytes must not show.
            target.initialize(repeating: 0)
            filled = count
            failure = file.withUnsafeBufferPointer { Self.decode($0, format, plan, into: target) }
        }
        if let failure { throw .malformed(format, failure) }
        return samples
    }

    /// Lets the codec fill `target`; returns the reason when it cannot.
    private static func decode(
        _ file: UnsafeBufferPointer<UInt8>,
        _ format: PictureFormat,
        _ plan: DecodePlan,
        into target: UnsafeMutableBufferPointer<UInt8>
    ) -> String? {
        var reason = [CChar](repeating: 0, count: 256)
        let samples = UInt32(plan.samples)
        let status =
            switch format {
            case .jpeg:
                cpictures_decode_jpeg(
                    file.baseAddress,
                    file.count,
                    Int32(plan.width),
                    Int32(plan.height),
                    cpictures_jpeg_samples(samples),
                    target.baseAddress,
                    &reason,
                    reason.count
                )
            case .png:
                cpictures_decode_png(
                    file.baseAddress,
                    file.count,
                    cpictures_png_samples(samples),
                    target.baseAddress,
                    target.count,
                    &reason,
                    reason.count
                )
            }
        return status == 0 ? nil : text(reason)
    }

    private static func text(_ reason: [CChar]) -> String {
        String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Libraries

    private func open(_ format: PictureFormat) throws(PictureError) {
        try opened.withLock { opened throws(PictureError) in
            guard !opened.contains(format) else { return }
            try search(format)
            opened.insert(format)
        }
    }

    private func search(_ format: PictureFormat) throws(PictureError) {
        let name = Self.libraries[format] ?? ""
        var tried: [String] = []
        for prefix in folders.map({ "\($0)/lib/" }) + [""] {
            var reason = [CChar](repeating: 0, count: 512)
            let status =
                format == .jpeg
                ? cpictures_open_jpeg(prefix + name, &reason, reason.count)
                : cpictures_open_png(prefix + name, prefix + "libz.so.1", &reason, reason.count)
            if status == 0 { return }
            tried.append(Self.text(reason))
        }
        throw .libraryMissing(format, tried: tried)
    }
}
