import Glibc
import Pictures

/// A photograph of 12 megapixels on its way to a model of 224x224, against a copy of its samples.
struct PictureBenchmark {
    private static let (width, height) = (4000, 3000)
    private static let rounds = 9

    func run(_ report: inout Report) throws {
        Report.progress("pictures")
        let picture = Self.photograph()
        let file = try JPEGEncoder().encode(picture)
        let header = try PictureHeader(file[...])
        let decoder = PictureDecoder()
        let copying = measure {
            let copy = picture.samples.withUnsafeBytes { [UInt8]($0) }
            precondition(copy.count == picture.samples.count, "the copy is short")
        }
        report.add("12 megapixels: a copy of the samples", copying)
        let small = Self.recipe(224)
        report.add(
            "resized to 224x224 and normalised",
            measure { _ = small.numbers(picture) },
            floor: copying
        )
        // At more than half its size nothing can be left out.
        let whole = Self.recipe(2048)
        let full = try measure { _ = try decoder.decode(file[...], header, whole) }
        report.add("decoded from JPEG", full, floor: copying)
        let scaled = try measure { _ = try decoder.decode(file[...], header, small) }
        report.add("decoded from JPEG, for 224x224; floor: in full", scaled, floor: full)
        let all = try measure { _ = try decoder.numbers(file[...], header, small) }
        report.add("from JPEG to a tensor of 224x224", all, floor: copying)
    }

    private static func recipe(_ side: Int) -> PictureRecipe {
        var recipe = PictureRecipe(height: side, width: side, channels: 3)
        (recipe.fit, recipe.scale) = (.crop, 1 / 255)
        (recipe.mean, recipe.std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        return recipe
    }

    /// Smooth, with edges and some noise, as photographs are.
    private static func photograph() -> Picture {
        var samples = [UInt8](repeating: 0, count: width * height * 3)
        var state: UInt32 = 1
        for y in 0..<height {
            for x in 0..<width {
                state = state &* 1_664_525 &+ 1_013_904_223
                let edge = (x / 200 + y / 150) % 2 * 60
                for channel in 0..<3 {
                    let wave = (x * (channel + 1) + y * (3 - channel)) / 40 % 128
                    samples[(y * width + x) * 3 + channel] = UInt8(wave + edge + Int(state >> 28))
                }
            }
        }
        return Picture(width: width, height: height, channels: 3, samples: samples)
    }

    private func measure(_ body: () throws -> Void) rethrows -> [Duration] {
        let clock = ContinuousClock()
        try body()
        return try (0..<Self.rounds).map { _ in try clock.measure(body) }
    }
}

/// TurboJPEG's other half, which only this program needs.
struct JPEGEncoder {
    private typealias Init = @convention(c) () -> UnsafeMutableRawPointer?
    private typealias Compress =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<UInt8>?, Int32, Int32, Int32, Int32,
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, UnsafeMutablePointer<UInt>?, Int32, Int32,
            Int32
        ) -> Int32

    private let create: Init
    private let compress: Compress

    init() throws {
        guard let library = dlopen("libturbojpeg.so.0", RTLD_NOW),
            let create = dlsym(library, "tjInitCompress"),
            let compress = dlsym(library, "tjCompress2")
        else { throw BenchmarkFailure("there is no libturbojpeg.so.0; run build-scripts/setup.sh") }
        self.create = unsafeBitCast(create, to: Init.self)
        self.compress = unsafeBitCast(compress, to: Compress.self)
    }

    /// As cameras do it: 4:2:0, quality 90.
    func encode(_ picture: Picture) throws -> [UInt8] {
        var file: UnsafeMutablePointer<UInt8>?
        var size: UInt = 0
        let (format, subsampling, quality): (Int32, Int32, Int32) = (0, 2, 90)
        let status = picture.samples.withUnsafeBufferPointer {
            compress(
                create(),
                $0.baseAddress,
                Int32(picture.width),
                0,
                Int32(picture.height),
                format,
                &file,
                &size,
                subsampling,
                quality,
                0
            )
        }
        guard status == 0, let file else { throw BenchmarkFailure("TurboJPEG cannot encode a picture") }
        return [UInt8](UnsafeBufferPointer(start: file, count: Int(size)))
    }
}
