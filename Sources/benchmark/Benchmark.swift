import Glibc
import ONNX
import Serving

/// Measures what this product is fast at, in one run, each figure beside a floor that was measured beside it.
///
///     ./build-scripts/benchmark.sh
///
/// Times on another machine differ; the ratios carry over.
@main
enum Benchmark {
    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            print("error: \(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        // The floor of the runtime loop is this program again, as a process that only echoes.
        if arguments.first == "--echo", let port = arguments.dropFirst().first.flatMap({ UInt16($0) }) {
            return try EchoRuntime.run(port: port)
        }
        guard arguments.isEmpty else {
            throw BenchmarkFailure("unknown argument \(arguments[0]); this program takes none")
        }
        let programs = Program.folder
        guard access("\(programs)/bootstrap", X_OK) == 0 else {
            throw BenchmarkFailure(
                "there is no \(programs)/bootstrap; build it with `swift build -c release --product bootstrap`"
            )
        }
        var report = Report()
        try RuntimeBenchmark(bootstrap: "\(programs)/bootstrap", echo: Program.path).run(&report)
        ParsingBenchmark().run(&report)
        try BatchingBenchmark().run(&report)
        try SimulationBenchmark().run(&report)
        try ForecastingBenchmark().run(&report)
        try PictureBenchmark().run(&report)
        try EngineBenchmark().run(&report)
        try GenerationBenchmark().run(&report)
        report.write()
    }
}

/// Why nothing could be measured.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// This program's own file.
enum Program {
    static var path: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    static var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    /// The models that are measured: of `MARK_MODELS`, or those of the template.
    static func repository() throws -> ModelRepository {
        let explicit = getenv("MARK_ONNXRUNTIME").map { String(cString: $0) }
        let runtime = try ONNXRuntime(
            paths: ONNXRuntime.searchPaths(explicit: explicit, folders: [folder])
        )
        let models = getenv("MARK_MODELS").map { String(cString: $0) } ?? "template/models"
        return try ModelRepository(folder: models, options: SessionOptions(), runtime: runtime)
    }
}
