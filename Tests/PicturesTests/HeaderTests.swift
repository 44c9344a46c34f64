import Pictures
import Seeded
import TestKit
import Testing

@Suite struct `A picture's header` {
    private let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    private func big(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * (count - 1 - $0))) }
    }

    private func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        big(data.count, 4) + Array(kind.utf8) + data + [0, 0, 0, 0]
    }

    private func png(_ width: Int, _ height: Int, depth: UInt8 = 8, type: UInt8 = 2, extra: [UInt8] = [])
        -> [UInt8]
    {
        signature + chunk("IHDR", big(width, 4) + big(height, 4) + [depth, type, 0, 0, 0]) + extra
            + chunk("IDAT", [])
    }

    private func segment(_ marker: UInt8, _ data: [UInt8]) -> [UInt8] {
        [0xFF, marker] + big(data.count + 2, 2) + data
    }

    private func jpeg(
        _ width: Int,
        _ height: Int,
        marker: UInt8 = 0xC0,
        components: UInt8 = 3,
        exif: [UInt8] = [],
        scans: Int = 1
    ) -> [UInt8] {
        let frame = segment(marker, [8] + big(height, 2) + big(width, 2) + [components, 1, 0x11, 0])
        // Entropy-coded data with a stuffed byte and a restart in it.
        let scan = segment(0xDA, [1, 1, 0, 0, 63, 0]) + [1, 0xFF, 0, 2, 0xFF, 0xD0, 3]
        return [0xFF, 0xD8] + (exif.isEmpty ? [] : segment(0xE1, Array("Exif\0\0".utf8) + exif)) + frame
            + (0..<scans).flatMap { _ in scan } + [0xFF, 0xD9]
    }

    private func exif(orientation: Int, isLittle: Bool) -> [UInt8] {
        let number = { (value: Int, count: Int) in
            isLittle ? Array(big(value, count).reversed()) : big(value, count)
        }
        let other = number(0x010F, 2) + number(2, 2) + number(4, 4) + number(0, 4)
        let entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + [0, 0]
        return Array((isLittle ? "II" : "MM").utf8) + number(42, 2) + number(8, 4) + number(2, 2) + other
            + entry
            + number(0, 4)
    }

    @Test func `says size and colours of a PNG`() throws {
        let header = try PictureHeader(png(70_00, 3)[...])
        #expect((header.format, header.width, header.height, header.scans) == (.png, 7000, 3, 1))
        #expect(header.colours == .colour)
        #expect(try PictureHeader(png(1, 1, depth: 1, type: 0)[...]).colours == .grey)
        #expect(try PictureHeader(png(1, 1, type: 6)[...]).colours == .transparent)
        #expect(try PictureHeader(png(1, 1, type: 3, extra: chunk("tRNS", [0]))[...]).colours == .transparent)
    }

    @Test func `says size, colours and scans of a JPEG`() throws {
        let header = try PictureHeader(jpeg(640, 480, marker: 0xC2, scans: 10)[...])
        #expect((header.format, header.width, header.height, header.scans) == (.jpeg, 640, 480, 10))
        #expect(try PictureHeader(jpeg(1, 1, components: 1)[...]).colours == .grey)
        #expect(try PictureHeader(jpeg(1, 1, components: 4)[...]).colours == .cmyk)
    }

    @Test(arguments: [true, false])
    func `says how the picture is turned`(isLittle: Bool) throws {
        for number in 1...8 {
            let exif = exif(orientation: number, isLittle: isLittle)
            #expect(try PictureHeader(jpeg(2, 3, exif: exif)[...]).orientation == Orientation(number: number))
            let header = try PictureHeader(png(2, 3, extra: chunk("eXIf", exif))[...])
            #expect(header.orientation == Orientation(number: number))
        }
    }

    @Test func `takes broken EXIF data for none`() throws {
        let whole = exif(orientation: 6, isLittle: true)
        for count in 1..<(whole.count - 8) {
            let header = try PictureHeader(jpeg(2, 3, exif: Array(whole.prefix(count)))[...])
            #expect(header.orientation == .upright || count > 32)
        }
        var loop = whole
        loop.replaceSubrange(4..<8, with: [255, 255, 255, 127])
        #expect(try PictureHeader(jpeg(2, 3, exif: loop)[...]).orientation == .upright)
    }

    @Test(arguments: [
        ("GIF89a", "GIF"), ("RIFF....WEBP", "WebP"), ("II*\0", "TIFF"), ("BM", "BMP"),
        ("\0\0\0\u{20}ftypheic", "HEIC"), ("\0\0\0\u{20}ftypavif", "AVIF"),
    ])
    func `names a format that is not read`(start: String, name: String) {
        let error = #expect(throws: PictureError.unknownFormat(name)) {
            try PictureHeader(Array(start.utf8)[...])
        }
        #expect(error?.description.contains("send JPEG or PNG") == true)
    }

    @Test func `that is cut short is refused`() {
        // Up to the chunk and the scan with which the picture itself begins.
        for (whole, end) in [(png(7, 7), 41), (jpeg(7, 7), 25)] {
            for count in 0..<end {
                let part = whole.prefix(count)
                #expect(throws: PictureError.self) { try PictureHeader(part) }
            }
            #expect(throws: Never.self) { try PictureHeader(whole.prefix(end)) }
        }
    }

    @Test func `of random bytes is read or refused, and never more`() {
        let starts: [[UInt8]] = [[0xFF, 0xD8, 0xFF], signature, jpeg(9, 9), png(9, 9)]
        let failure = firstFailure(of: 0..<2000) { generator in
            var bytes = starts[generator.below(4)]
            for _ in 0..<generator.below(60) { bytes.append(UInt8(generator.below(256))) }
            if bytes.count > 20 { bytes[3 + generator.below(bytes.count - 3)] = UInt8(generator.below(256)) }
            _ = try? PictureHeader(bytes[...])
            return true
        }
        #expect(failure == nil)
    }

    // MARK: Limits

    private let recipe = PictureRecipe(height: 8, width: 8, channels: 3)

    @Test func `with too many pixels is refused before anything is decoded`() {
        let error = #expect(throws: PictureError.self) {
            try PictureDecoder.check(png(9000, 9000)[...], recipe)
        }
        #expect(error == .tooManyPixels(width: 9000, height: 9000, limit: 64_000_000))
        #expect(error?.description.contains("send it smaller") == true)
    }

    @Test func `of a progressive JPEG is refused where all its coefficients would be too many`() throws {
        let large = jpeg(7000, 7000, marker: 0xC2, scans: 3)
        #expect(throws: PictureError.self) { try PictureDecoder.check(large[...], recipe) }
        #expect(try PictureDecoder.check(jpeg(7000, 7000)[...], recipe).scans == 1)
        #expect(try PictureDecoder.check(jpeg(4000, 3000, marker: 0xC2, scans: 10)[...], recipe).scans == 10)
    }

    @Test func `of more scans than any encoder writes is refused`() {
        let error = #expect(throws: PictureError.self) { try PictureHeader(jpeg(8, 8, scans: 201)[...]) }
        #expect(error?.description.contains("baseline") == true)
    }
}
