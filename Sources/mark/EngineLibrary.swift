import Glibc
import ONNX
import Pictures

/// Where commands find ONNX Runtime.
enum EngineLibrary {
    /// Loads it: in the deploy zip the program lies in `bin`, beside `lib`.
    static func load() throws(ONNXError) -> ONNXRuntime {
        let folder = Terminal.programFolder
        return try ONNXRuntime(
            paths: ONNXRuntime.searchPaths(explicit: explicitPath, folders: [folder, "\(folder)/.."])
        )
    }

    /// From `MARK_ONNXRUNTIME`, or where `build-scripts/setup.sh` put it; nil leaves the search to the engine.
    static var explicitPath: String? {
        if let path = Terminal.variable("MARK_ONNXRUNTIME") { return Terminal.absolute(path) }
        var found = glob_t()
        defer { globfree(&found) }
        var name = utsname()
        uname(&name)
        let machine = withUnsafeBytes(of: &name.machine) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        let pattern = ".dependencies/onnxruntime/*/\(machine)/lib/libonnxruntime.so.1"
        guard glob(pattern, 0, nil, &found) == 0, let path = found.gl_pathv[Int(found.gl_pathc) - 1] else {
            return nil
        }
        return Terminal.absolute(String(cString: path))
    }
}

/// Where commands find the libraries that decode pictures: beside ONNX Runtime in the deploy zip, else where the loader looks.
enum PictureLibraries {
    static var decoder: PictureDecoder {
        let folder = Terminal.programFolder
        return PictureDecoder(folders: [folder, "\(folder)/.."])
    }
}

/// A command that failed, with what to do about it.
///
/// The exit code is 1.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
