import Pictures
import TensorFiles
import Testing

@Suite struct `A PGM or PPM file` {
    @Test func `is a picture, with or without comments`() throws {
        let grey = Array("P5\n# made by hand\n2 1\n255\n".utf8) + [0, 200]
        #expect(try NetPBM(grey).picture.samples == [0, 200])
        let colour = Array("P6 1 1 15 ".utf8) + [15, 0, 3]
        #expect(try NetPBM(colour).picture.samples == [255, 0, 51])
        #expect(try NetPBM(colour).picture.channels == 3)
    }

    @Test(arguments: [
        ("P5 2 2 255\n\u{1}", "cut short"), ("P5 2", "missing"), ("P5 0 1 255\n", "0x1"),
        ("P5 1 1 65535\n", "8 bits"), ("", "P5"),
    ])
    func `is refused with the reason`(text: String, reason: String) {
        let error = #expect(throws: InvalidNetPBM.self) { try NetPBM(Array(text.utf8)) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
}
