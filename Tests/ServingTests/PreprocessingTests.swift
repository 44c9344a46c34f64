import ONNX
import Pictures
import Serving
import Testing
import Wire

@Suite struct `A model's preprocessing of pictures` {
    private func input(_ json: String, _ shape: [Int], _ type: ElementType = .fp32) throws -> PictureInput {
        let configuration = try ModelConfiguration(JSON(parsing: Array("{\"preprocess\": \(json)}".utf8)))
        let preprocess = try #require(configuration.preprocess)
        return try preprocess.input(of: [TensorSpecification(name: "x", type: type, shape: shape)])
    }

    @Test func `takes size, channels and layout from the input's shape`() throws {
        let planar = try input("{}", [-1, 3, 224, 200]).recipe
        #expect((planar.height, planar.width, planar.channels, planar.layout) == (224, 200, 3, .nchw))
        let together = try input("{}", [-1, 224, 200, 1]).recipe
        #expect((together.height, together.width, together.channels, together.layout) == (224, 200, 1, .nhwc))
    }

    @Test func `says what the shape leaves open`() throws {
        let free = try input("{\"size\": [20, 30], \"channels\": 1}", [-1, -1, -1, -1]).recipe
        #expect((free.height, free.width, free.channels) == (20, 30, 1))
        let flat = try input("{\"size\": 8}", [-1, 64]).recipe
        #expect((flat.height, flat.width, flat.channels) == (8, 8, 1))
    }

    @Test func `says how pictures are fitted and normalised`() throws {
        let recipe = try input(
            """
            {"resize": "crop", "shortest": 40, "order": "bgr", "scale": 0.5, "mean": [1, 2, 3], "std": 4,
             "background": 255, "pixels_max": 1000}
            """,
            [-1, 3, 32, 32],
            .uint8
        ).recipe
        #expect((recipe.fit, recipe.shortest, recipe.order, recipe.scale) == (.crop, 40, .bgr, 0.5))
        #expect((recipe.mean, recipe.std) == ([1, 2, 3], [4]))
        #expect((recipe.background, recipe.limits.pixels) == ([255, 255, 255], 1000))
    }

    @Test(arguments: [
        ("{\"sise\": 8}", "did you mean 'size'"), ("{\"size\": [0, 8]}", "preprocess.size"),
        ("{\"size\": [8, 8, 8]}", "preprocess.size"), ("{\"size\": \"large\"}", "preprocess.size"),
        ("{\"channels\": 2}", "grey"), ("{\"layout\": \"hwc\"}", "\"nhwc\""), ("{\"order\": 3}", "\"bgr\""),
        ("{\"resize\": \"fill\"}", "\"stretch\", \"crop\", \"pad\""),
        ("{\"std\": [1, 0, 1]}", "other than 0"),
        ("{\"mean\": [1, 2]}", "a list of 3 numbers"), ("{\"background\": [0, 0, 256]}", "0 to 255"),
        ("{\"shortest\": 256}", "only \"resize\": \"crop\""), ("{\"pixels_max\": 0}", "pixels_max"),
        ("{\"resize\": \"crop\", \"shortest\": 31}", "at least 32"), ("{\"size\": 31}", "do not fit"),
        ("{\"channels\": 1}", "do not fit"), ("{\"input\": \"y\"}", "'x'"), ("[]", "an object"),
    ])
    func `is refused with the place and the remedy`(json: String, words: String) {
        let error = #expect(throws: (any Error).self) { try input(json, [-1, 3, 32, 32]) }
        #expect(error.map { "\($0)".contains(words) } == true, "\(String(describing: error))")
    }

    @Test(
        arguments: [
            ("{}", [-1, 3, -1, -1], .fp32, "preprocess.size"),
            ("{}", [-1, 3, 8, 8], .int64, "FP32 or UINT8"),
            ("{\"size\": 8}", [-1, -1], .fp32, "do not fit"),
            ("{\"channels\": 1, \"mean\": [1, 2, 3]}", [-1, 1, 8, 8], .fp32, "preprocess.mean"),
        ] as [(String, [Int], ElementType, String)]
    )
    func `that does not fit the model says why`(json: String, shape: [Int], type: ElementType, words: String)
    {
        let error = #expect(throws: (any Error).self) { try input(json, shape, type) }
        #expect(error.map { "\($0)".contains(words) } == true, "\(String(describing: error))")
    }
}
