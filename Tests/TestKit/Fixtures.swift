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
