import Glibc
import ONNX
import TestKit
import Testing

/// A model y = x + W whose weights lie in a file beside it, written in Protocol Buffers' wire format (onnx.proto).
private struct ModelFiles {
    let folder: String
    var path: String { folder + "/model.onnx" }

    /// - Parameters:
    ///   - offset: where the weights begin in their file.
    ///   - count: how many there are in the file; 4 are wanted.
    init(_ weights: [Float], offset: Int = 0, count: Int? = nil, location: String = "weights.data") throws {
        var name = Array("/tmp/mark-weights-XXXXXX\0".utf8CString)
        guard mkdtemp(&name) != nil else { throw Failed() }
        folder = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        try write(Self.model(offset: offset, location: location), to: path)
        let bytes = weights.prefix(count ?? weights.count).withUnsafeBytes { Array($0) }
        try write([UInt8](repeating: 0xAA, count: offset) + bytes, to: folder + "/weights.data")
    }

    func remove() {
        for name in ["/model.onnx", "/weights.data", ""] { _ = Glibc.remove(folder + name) }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failed() }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    private struct Failed: Error {}

    private static func number(_ field: UInt8, _ value: UInt8) -> [UInt8] { [field << 3, value] }

    private static func bytes(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        // Lengths below 2^14 take two bytes at most.
        let length =
            bytes.count < 128
            ? [UInt8(bytes.count)] : [UInt8(bytes.count % 128 + 128), UInt8(bytes.count / 128)]
        return [field << 3 | 2] + length + bytes
    }

    private static func text(_ field: UInt8, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }

    private static func entry(_ key: String, _ value: String) -> [UInt8] {
        bytes(13, text(1, key) + text(2, value))
    }

    private static func vector(_ field: UInt8, _ name: String) -> [UInt8] {
        let shape = bytes(2, bytes(1, number(1, 4)))
        return bytes(field, text(1, name) + bytes(2, bytes(1, number(1, 1) + shape)))
    }

    private static func model(offset: Int, location: String) -> [UInt8] {
        let node = bytes(1, text(1, "x") + text(1, "W") + text(2, "y") + text(4, "Add"))
        let data = entry("location", location) + entry("offset", "\(offset)") + entry("length", "16")
        let weights = bytes(5, number(1, 4) + number(2, 1) + text(8, "W") + data + number(14, 1))
        let graph = node + text(2, "sum") + weights + vector(11, "x") + vector(12, "y")
        return number(1, 8) + bytes(8, number(2, 17)) + bytes(7, graph)
    }
}

@Suite struct `Weights in a file of their own` {
    private static func session(_ files: ModelFiles, shares: Bool = true) throws -> Session {
        var options = SessionOptions()
        options.sharesWeights = shares
        return try Session(model: files.path, options: options, runtime: Fixtures.engine.get())
    }

    private static func sum(_ session: Session) throws -> [Float] {
        let x = Tensor(.fp32, shape: [4], numbers: [10, 20, 30, 40] as [Float])
        return try session.run([x], outputs: [0])[0].numbers(as: Float.self)
    }

    @Test(arguments: [0, 4, 64, 3])
    func `give the same results shared as by themselves, wherever they begin`(offset: Int) throws {
        let files = try ModelFiles([1, 2, 3, 4], offset: offset)
        defer { files.remove() }
        for shares in [true, false] {
            #expect(try Self.sum(Self.session(files, shares: shares)) == [11, 22, 33, 44])
        }
    }

    @Test func `are each model's own where their bytes differ`() throws {
        let files = try [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 5]].map { try ModelFiles($0) }
        defer { for file in files { file.remove() } }
        let sessions = try files.map { try Self.session($0) }
        #expect(try sessions.map { try Self.sum($0)[3] } == [44, 44, 45])
    }

    @Test func `outlive the files and the session that mapped them first`() throws {
        let files = try [ModelFiles([5, 6, 7, 8]), ModelFiles([5, 6, 7, 8])]
        var first: Session? = try Self.session(files[0])
        let second = try Self.session(files[1])
        #expect(try first.map { try Self.sum($0) } == [15, 26, 37, 48])
        first = nil
        for file in files { file.remove() }
        #expect(try Self.sum(second) == [15, 26, 37, 48])
    }

    @Test(arguments: [true, false])
    func `are refused in the library's words when their file is too short`(shares: Bool) throws {
        let files = try ModelFiles([1, 2, 3, 4], count: 3)
        defer { files.remove() }
        #expect(throws: ONNXError.self) { try Self.session(files, shares: shares) }
    }

    @Test(arguments: ["/etc/passwd", "../weights.data", "missing.data"])
    func `are not looked for outside the model's folder`(location: String) throws {
        let files = try ModelFiles([1, 2, 3, 4], location: location)
        defer { files.remove() }
        #expect(throws: ONNXError.self) { try Self.session(files) }
    }
}
