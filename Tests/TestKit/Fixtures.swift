import Glibc
package import ONNX

/// Files and the engine that tests use.
///
/// `build-scripts/test.sh` puts ONNX Runtime where this finds it.
package enum Fixtures {
    /// Folder of the test sources.
    private static let tests = String(#filePath.dropLast("/TestKit/Fixtures.swift".count))

    package static let models = tests + "/Fixtures/models"
    package static let starterModels = String(tests.dropLast("/Tests".count)) + "/template/models"
    package static let events = String(tests.dropLast("/Tests".count)) + "/template/events"

    /// The engine, loaded once for all tests of a process.
    package static let engine = Result { () throws(ONNXError) in
        let explicit = getenv("MARK_ONNXRUNTIME").map { String(cString: $0) }
        return try ONNXRuntime(paths: ONNXRuntime.searchPaths(explicit: explicit, folders: []))
    }
}

extension Fixtures {
    /// A folder of the tests, by its path under `Tests`.
    package static func folder(_ path: String) -> String { tests + "/" + path }

    /// A text file of the tests, by its path under `Tests`.
    package static func text(_ path: String) throws -> String {
        guard let file = fopen(tests + "/" + path, "r") else { throw Missing(path: path) }
        defer { fclose(file) }
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&part, 1, part.count, file), count > 0 { text += part[..<count] }
        return String(decoding: text, as: UTF8.self)
    }

    package struct Missing: Error {
        package let path: String
    }
}
