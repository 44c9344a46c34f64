import TensorFiles
import TestKit
import Seeded
import Testing
import Wire

@Suite struct `A picture` {
    /// A PNG as an encoder would write it, each row with another of the five filters.
    private func png(
        _ width: Int,
        _ height: Int,
        type: UInt8,
        stride: Int,
        pixels: [UInt8],
        palette: [UInt8] = []
    ) -> [UInt8] {
        var lines: [UInt8] = []
        let rowLength = width * stride
        let at = { (row: Int, column: Int) -> Int in
            row < 0 || column < 0 ? 0 : Int(pixels[row * rowLength + column])
        }
        for row in 0..<height {
            let filter = row % 5
            lines.append(UInt8(filter))
            for column in 0..<rowLength {
                let (left, up, corner) = (
                    at(row, column - stride), at(row - 1, column), at(row - 1, column - stride)
                )
                let estimate = left + up - corner
                let nearest = [left, up, corner].min { abs(estimate - $0) < abs(estimate - $1) } ?? 0
                let predicted = [0, left, up, (left + up) / 2, nearest][filter]
                lines.append(UInt8(truncatingIfNeeded: at(row, column) - predicted))
            }
        }
        let header = big(width) + big(height) + [8, type, 0, 0, 0]
        let data = ContentCoding.deflate.deflate(lines) ?? []
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + (palette.isEmpty ? [] : chunk("PLTE", palette)) + chunk("IDAT", data) + chunk("IEND", [])
    }

    private func big(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
        big(data.count) + Array(kind.utf8) + data + [0, 0, 0, 0]
    }

    private func noise(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: 7)
        return (0..<count).map { _ in UInt8(generator.below(256)) }
    }

    @Test(arguments: [(0, 1, 1), (2, 3, 3), (4, 2, 1), (6, 4, 3)] as [(UInt8, Int, Int)])
    func `is read from PNG of each colour type and filter`(type: UInt8, stride: Int, channels: Int) throws {
        let pixels = noise(7 * 11 * stride)
        let picture = try Picture(png(7, 11, type: type, stride: stride, pixels: pixels))
        #expect((picture.width, picture.height, picture.channels) == (7, 11, channels))
        let visible = pixels.enumerated().filter { $0.offset % stride < channels }.map { Float($0.element) }
        #expect(picture.samples == visible)
    }

    @Test func `is read from a palette`() throws {
        let picture = try Picture(
            png(2, 1, type: 3, stride: 1, pixels: [1, 0], palette: [1, 2, 3, 4, 5, 6])
        )
        #expect(picture.samples == [4, 5, 6, 1, 2, 3])
    }

    @Test func `of a palette with too few colours is refused`() {
        #expect(throws: PictureError.malformed(format: "PNG", "colour 2 is not in its palette")) {
            try Picture(png(1, 1, type: 3, stride: 1, pixels: [2], palette: [1, 2, 3, 4, 5, 6]))
        }
    }

    @Test func `that is cut anywhere is refused`() {
        let whole = png(7, 11, type: 2, stride: 3, pixels: noise(7 * 11 * 3))
        for count in 0..<(whole.count - 12) {
            #expect(throws: PictureError.self) { try Picture(Array(whole.prefix(count))) }
        }
    }

    @Test func `is read from binary PGM and PPM with comments`() throws {
        let grey = Array("P5\n# made by hand\n2 1\n255\n".utf8) + [0, 200]
        #expect(try Picture(grey).samples == [0, 200])
        let colour = Array("P6 1 1 15 ".utf8) + [15, 0, 3]
        #expect(try Picture(colour).samples == [255, 0, 51])
        #expect(throws: PictureError.self) { try Picture(Array("P5 2 2 255\n".utf8) + [1]) }
    }

    @Test func `of another format says what to do`() {
        let error = #expect(throws: PictureError.unknownFormat) { try Picture([0xFF, 0xD8, 0xFF]) }
        #expect(error?.description.contains("convert") == true)
    }

    @Test func `becomes smaller by averaging and larger by interpolating`() throws {
        let picture = try Picture(Array("P5 4 1 255\n".utf8) + [10, 10, 90, 90])
        #expect(picture.resized(width: 4, height: 1) == picture)
        let small = picture.resized(width: 2, height: 1).samples
        #expect(small[0] < 50 && small[1] > 50 && abs(small[0] + small[1] - 100) < 0.01)
        let flat = try Picture(Array("P5 2 2 255\n".utf8) + [7, 7, 7, 7]).resized(width: 5, height: 3)
        #expect(flat.samples.allSatisfy { abs($0 - 7) < 1e-4 })
    }

    @Test func `gives its channels apart or together`() throws {
        let picture = try Picture(Array("P6 2 1 255\n".utf8) + [1, 2, 3, 4, 5, 6])
        #expect(picture.planar == [1, 4, 2, 5, 3, 6])
        #expect(picture.converted(channels: 1).samples.map { Int($0.rounded()) } == [2, 5])
    }
}
