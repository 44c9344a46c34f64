import Glibc
import ONNX
import Serving
import TestKit

/// A repository of which versions are links to fixtures, so that it changes like one that people copy files into.
final class Workshop {
    let folder: String

    init() throws {
        var name = Array("/tmp/mark-repository-XXXXXX\0".utf8CString)
        guard mkdtemp(&name) != nil else { throw Failed() }
        folder = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        mkdir("\(folder)/sums", 0o755)
    }

    deinit {
        for path in removable.reversed() { remove(path) }
        rmdir("\(folder)/sums")
        rmdir(folder)
    }

    private var removable: [String] = []

    /// Puts a version there: one of the fixture's, whose sums are multiplied by its number.
    func put(_ version: String, like fixture: String? = nil) {
        let path = "\(folder)/sums/\(version)"
        symlink("\(Fixtures.models)/sums/\(fixture ?? version)", path)
        removable.append(path)
    }

    func putBroken(_ version: String) throws {
        mkdir("\(folder)/sums/\(version)", 0o755)
        try write("half a model", to: "sums/\(version)/model.onnx")
        removable.insert("\(folder)/sums/\(version)", at: 0)
    }

    func take(_ version: String) { remove("\(folder)/sums/\(version)") }

    func write(_ text: String, to name: String) throws {
        guard let file = fopen("\(folder)/\(name)", "w") else { throw Failed() }
        fputs(text, file)
        fclose(file)
        removable.append("\(folder)/\(name)")
    }

    func open(_ effects: ModelRepository.Effects = .init()) throws -> ModelRepository {
        try ModelRepository(
            folder: folder,
            options: SessionOptions(),
            runtime: Fixtures.engine.get(),
            effects: effects
        )
    }

    private struct Failed: Error {}
}
