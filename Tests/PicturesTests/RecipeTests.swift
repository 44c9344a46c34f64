import Pictures
import Seeded
import TestKit
import Testing

@Suite struct `A recipe for pictures` {
    private func noise(_ width: Int, _ height: Int, _ channels: Int, _ generator: inout SeededGenerator)
        -> Picture
    {
        let samples = (0..<(width * height * channels)).map { _ in UInt8(generator.below(256)) }
        return Picture(width: width, height: height, channels: channels, samples: samples)
    }

    /// Each new pixel by itself, from the definition: a triangle as wide as a new pixel, at least as an old one.
    private func naive(_ picture: Picture, _ width: Int, _ height: Int) -> [Float] {
        func weights(_ position: Int, _ old: Int, _ new: Int) -> [Double] {
            let scale = Double(old) / Double(new)
            let center = (Double(position) + 0.5) * scale
            let values = (0..<old).map { max(0, 1 - abs(Double($0) + 0.5 - center) / max(1, scale)) }
            let total = values.reduce(0, +)
            return values.map { $0 / total }
        }
        var numbers: [Float] = []
        for y in 0..<height {
            let rows = weights(y, picture.height, height)
            for x in 0..<width {
                let columns = weights(x, picture.width, width)
                for channel in 0..<picture.channels {
                    var sum = 0.0
                    for row in 0..<picture.height where rows[row] > 0 {
                        for column in 0..<picture.width {
                            let place = (row * picture.width + column) * picture.channels + channel
                            sum += rows[row] * columns[column] * Double(picture.samples[place])
                        }
                    }
                    numbers.append(Float(sum))
                }
            }
        }
        return numbers
    }

    @Test func `resizes as the definition says`() {
        let failure = firstFailure(of: 0..<60) { generator in
            let channels = generator.below(2) == 0 ? 1 : 3
            let picture = noise(1 + generator.below(40), 1 + generator.below(40), channels, &generator)
            var recipe = PictureRecipe(
                height: 1 + generator.below(20),
                width: 1 + generator.below(20),
                channels: channels
            )
            recipe.layout = .nhwc
            let expected = naive(picture, recipe.width, recipe.height)
            return zip(recipe.numbers(picture), expected).allSatisfy { abs($0 - $1) < 0.01 }
        }
        #expect(failure == nil)
    }

    @Test func `leaves a picture of the right size as it is`() {
        var generator = SeededGenerator(seed: 3)
        let picture = noise(7, 5, 3, &generator)
        var recipe = PictureRecipe(height: 5, width: 7, channels: 3)
        recipe.layout = .nhwc
        #expect(recipe.numbers(picture) == picture.samples.map { Float($0) })
    }

    /// Two rows of three: 1 2 3 over 4 5 6.
    private let letters = Picture(width: 3, height: 2, channels: 1, samples: [1, 2, 3, 4, 5, 6])

    @Test(
        arguments: [
            (1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [3, 2, 1, 6, 5, 4]), (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]), (5, 2, [1, 4, 2, 5, 3, 6]), (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]), (8, 2, [3, 6, 2, 5, 1, 4]),
        ] as [(Int, Int, [Float])]
    )
    func `turns a picture upright`(number: Int, width: Int, expected: [Float]) {
        let recipe = PictureRecipe(height: 6 / width, width: width, channels: 1)
        #expect(recipe.numbers(letters, orientation: Orientation(number: number)) == expected)
    }

    @Test(arguments: 1...8)
    func `crops what stands upright`(number: Int) {
        var generator = SeededGenerator(seed: UInt64(number))
        let orientation = Orientation(number: number)
        let picture = noise(30, 20, 1, &generator)
        // First turned, then cropped.
        let (height, width) = orientation.swapsAxes ? (30, 20) : (20, 30)
        let turned = PictureRecipe(height: height, width: width, channels: 1).numbers(
            picture,
            orientation: orientation
        )
        let upright = Picture(width: width, height: height, channels: 1, samples: turned.map { UInt8($0) })
        var recipe = PictureRecipe(height: 9, width: 12, channels: 1)
        recipe.fit = .crop
        recipe.shortest = 14
        let (expected, numbers) = (recipe.numbers(upright), recipe.numbers(picture, orientation: orientation))
        #expect(zip(numbers, expected).allSatisfy { abs($0 - $1) < 0.01 })
    }

    private let pixels = Picture(width: 2, height: 1, channels: 3, samples: [10, 20, 30, 40, 50, 60])

    @Test func `puts channels apart or together, in either order`() {
        var recipe = PictureRecipe(height: 1, width: 2, channels: 3)
        #expect(recipe.numbers(pixels) == [10, 40, 20, 50, 30, 60])
        recipe.order = .bgr
        #expect(recipe.numbers(pixels) == [30, 60, 20, 50, 10, 40])
        recipe.layout = .nhwc
        #expect(recipe.numbers(pixels) == [30, 20, 10, 60, 50, 40])
    }

    @Test func `scales, subtracts the mean and divides by the deviation of each channel`() {
        var recipe = PictureRecipe(height: 1, width: 2, channels: 3)
        (recipe.scale, recipe.mean, recipe.std) = (0.1, [1, 2, 3], [0.5, 1, 2])
        let expected: [Float] = [0, 6, 0, 3, 0, 1.5]
        #expect(zip(recipe.numbers(pixels), expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test func `makes grey of colour and colour of grey`() {
        let grey = PictureRecipe(height: 1, width: 2, channels: 1).numbers(pixels)
        // 0.299 x 10 + 0.587 x 20 + 0.114 x 30
        #expect(abs(grey[0] - 18.15) < 0.001 && abs(grey[1] - 48.15) < 0.001)
        #expect(
            PictureRecipe(height: 2, width: 3, channels: 3).numbers(letters).prefix(6) == [1, 2, 3, 4, 5, 6]
        )
    }

    @Test func `pads with the background, normalised as the picture is`() {
        var recipe = PictureRecipe(height: 3, width: 3, channels: 1)
        (recipe.fit, recipe.scale) = (.pad, 2)
        let line = Picture(width: 3, height: 1, channels: 1, samples: [1, 2, 3])
        #expect(recipe.numbers(line) == [0, 0, 0, 2, 4, 6, 0, 0, 0])
        recipe.background = [100, 100, 100]
        #expect(recipe.numbers(line).map { $0.rounded() } == [200, 200, 200, 2, 4, 6, 200, 200, 200])
    }

    @Test func `takes a part of an endless line without enlarging all of it`() {
        var recipe = PictureRecipe(height: 224, width: 224, channels: 1)
        (recipe.fit, recipe.shortest) = (.crop, 256)
        let line = Picture(
            width: 65_535,
            height: 1,
            channels: 1,
            samples: [UInt8](repeating: 9, count: 65_535)
        )
        #expect(recipe.numbers(line).allSatisfy { abs($0 - 9) < 0.001 })
    }
}
