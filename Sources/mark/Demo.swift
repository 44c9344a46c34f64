import ArgumentParser
import Control
import Load
import LocalCloud
import ONNX
import Planning
import Serving
import Synchronization
import Wire

/// `mark up --demo`: the stack with a load, and what is said of it.
final class Demo: Sendable {
    private struct State {
        var last: ShowReport?
        var end: (@Sendable () -> Void)?
        /// Seconds since the load was over.
        var after = 0
    }

    private let load: DemoLoad
    private let speed: Double
    private let slo: Int
    private let once: Bool
    private let type: String?
    private let state = Mutex(State())

    /// Minutes of the cloud's that instances are given to end after the load.
    private static let afterMax = 10.0

    /// Adds the show to a stack.
    ///
    /// - Parameter folder: of the model.
    init(_ options: DemoOptions, _ stack: inout StackConfiguration, model folder: String) throws {
        let (counts, name) = try options.load()
        let requests = try Self.requests(stack.model, folder)
        let highest = Double(counts.max() ?? 1) / 60
        let scale = options.peak / highest
        (speed, slo, once) = (stack.speed, stack.slo, options.once)
        load = DemoLoad(
            DemoLoad.Settings(
                counts: counts,
                speed: stack.speed,
                // A rate stays what it is in a shorter minute.
                scale: scale / stack.speed,
                seed: stack.seed,
                slo: .milliseconds(stack.slo),
                once: options.once,
                requests: requests
            )
        )
        let demand = counts.map { Double($0) * scale }
        let competitors = try Self.competitors(stack, model: folder, demand: demand)
        type = competitors?.type
        stack.show.demo = .init(trace: name, length: .seconds(60 * counts.count))
        if let competitors {
            stack.show.pricing = { competitors.alternatives($0, share: $1, run: $2) }
        }
        stack.show.surge = { [load] rate, time in load.surge(rate, for: time) }
        stack.show.tell = { Terminal.line("\($0.at.description.dropFirst(11).prefix(8))  \($0.text)") }
        stack.show.report = { [weak self] in self?.hear($0) }
    }

    /// The front takes requests.
    ///
    /// - Parameter end: ends everything.
    func begin(port: Int, end: @escaping @Sendable () -> Void) {
        state.withLock { $0.end = end }
        load.begin(port: port)
    }

    /// What it came to so far.
    var summary: [String] {
        guard let last = state.withLock({ $0.last }) else { return [] }
        return DemoSummary(report: last, weight: speed, slo: slo, failed: load.failed, type: type).lines
    }

    private func hear(_ report: ShowReport) {
        let isOver = once && load.isOver
        let end = state.withLock { state -> (@Sendable () -> Void)? in
            state.last = report
            guard isOver else { return nil }
            state.after += 1
            return report.step == nil || Double(state.after) > Self.afterMax * 60 / speed ? state.end : nil
        }
        end?()
    }

    // MARK: Making

    /// Requests with random inputs of the model's own kind, as its file says.
    private static func requests(
        _ model: String,
        _ folder: String
    ) throws -> @Sendable (String) -> [LoadRequest] {
        let file = try ConfigurationFile(model: folder)
        let session = try Session(model: file.modelPath, runtime: EngineLibrary.load())
        var random = RandomInputs()
        let calls = try (0..<16).map { variant in
            random.seed = UInt64(variant)
            return BinaryInference(
                inputs: session.inputs,
                tensors: try random.tensors(session.inputs, rows: 1)
            )
        }
        return { authority in
            calls.map { call in
                LoadRequest(
                    host: authority,
                    target: "/v2/models/\(Endpoint.escaped(model))/infer",
                    headers: [
                        (name: "Content-Type", value: "application/octet-stream"),
                        (name: "Inference-Header-Content-Length", value: String(call.json.count)),
                    ],
                    body: call.json + call.binary
                )
            }
        }
    }

    private static func competitors(
        _ stack: StackConfiguration,
        model folder: String,
        demand: [Double]
    ) throws -> Competitors? {
        let prices = try PriceList.usEast1()
        let catalogue = try Catalogue(prices)
        var options = try WorkloadOptions.parse([])
        options.model = folder
        options.sloMs = Double(stack.slo)
        options.memoryMb = stack.inference.memory
        return try Competitors(try options.workload(catalogue), catalogue, prices, demand: demand)
    }
}
