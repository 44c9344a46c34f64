import ONNX
import TestKit
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A session` {
    private func session(_ model: String, version: String = "1") throws -> Session {
        try Session(
            model: "\(Fixtures.models)/\(model)/\(version)/model.onnx",
            runtime: Fixtures.engine.get()
        )
    }

    @Test func `describes inputs and outputs, with -1 for a free axis`() throws {
        let session = try session("sums")
        #expect(
            session.inputs == [
                TensorSpecification(name: "a", type: .fp32, shape: [-1, 3]),
                TensorSpecification(name: "b", type: .fp32, shape: [-1, 3]),
            ]
        )
        #expect(session.outputs.map(\.name) == ["sum", "difference"])
    }

    @Test func `runs several inputs to the selected outputs in their order`() throws {
        let session = try session("sums", version: "2")
        let a = Tensor(.fp32, shape: [1, 3], numbers: [1, 2, 3] as [Float])
        let b = Tensor(.fp32, shape: [1, 3], numbers: [10, 20, 30] as [Float])
        let outputs = try session.run([a, b], outputs: [1, 0])
        #expect(outputs[0].numbers(as: Float.self) == [-9, -18, -27])
        #expect(outputs[1].numbers(as: Float.self) == [22, 44, 66])
    }

    @Test(arguments: ElementType.allCases)
    func `passes every element type through unchanged, at any batch size`(type: ElementType) throws {
        let session = try session("identity_\(type.rawValue.lowercased())")
        for batch in [1, 3, 0] {
            let tensor = example(type, shape: [batch, 2])
            #expect(try session.run([tensor], outputs: [0]) == [tensor])
        }
    }

    @Test func `strings keep zero bytes and bytes that are no text`() throws {
        let strings: [[UInt8]] = [[0, 0xFF, 0], []]
        let tensor = Tensor(.bytes, shape: [1, 2], .strings(strings))
        #expect(try session("identity_bytes").run([tensor], outputs: [0])[0].elements == .strings(strings))
    }

    @Test func `gives the engine's own message with the model's path`() throws {
        let session = try session("lookup")
        let tokens = Tensor(.int64, shape: [1, 1], numbers: [99] as [Int64])
        let error = #expect(throws: ONNXError.self) { try session.run([tokens], outputs: [0]) }
        #expect(error?.description.contains("lookup/1/model.onnx") == true)
        #expect(error?.description.contains("out of") == true)
    }

    @Test func `answers the same on many threads at once`() async throws {
        let session = try session("sums")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let a = Tensor(
                        .fp32,
                        shape: [1, 3],
                        numbers: [Float](repeating: Float(number), count: 3)
                    )
                    let sum = try session.run([a, a], outputs: [0])[0].numbers(as: Float.self)
                    #expect(sum == [Float](repeating: Float(2 * number), count: 3))
                }
            }
            try await group.waitForAll()
        }
    }

    private func example(_ type: ElementType, shape: [Int]) -> Tensor {
        let count = shape.reduce(1, *)
        guard let size = type.size else {
            return Tensor(.bytes, shape: shape, .strings((0..<count).map { Array("text \($0) é".utf8) }))
        }
        return Tensor(
            type,
            shape: shape,
            .raw((0..<count * size).map { type == .bool ? UInt8($0 % 2) : UInt8($0) }[...])
        )
    }
}

@Suite struct `Loading the engine` {
    @Test func `names every place that was tried and how to get it`() {
        let error = #expect(throws: ONNXError.self) {
            try ONNXRuntime(paths: ["/nowhere/a.so", "/nowhere/b.so"])
        }
        let text = error?.description ?? ""
        #expect(text.contains("/nowhere/a.so") && text.contains("/nowhere/b.so"))
        #expect(text.contains("build-scripts/setup.sh") && text.contains("MARK_ONNXRUNTIME"))
    }

    @Test func `refuses a library that is another one`() {
        let error = #expect(throws: ONNXError.self) { try ONNXRuntime(paths: ["libm.so.6"]) }
        #expect(error?.description.contains("it is not ONNX Runtime") == true)
    }

    @Test func `looks beside the function's code, or only where it is told`() {
        #expect(
            ONNXRuntime.searchPaths(explicit: nil, folders: ["/var/task"])
                == ["/var/task/lib/libonnxruntime.so.1", "libonnxruntime.so.1"]
        )
        #expect(ONNXRuntime.searchPaths(explicit: "/x.so", folders: ["/var/task"]) == ["/x.so"])
    }

    @Test(arguments: [("/nowhere/model.onnx", "Check the path"), (#filePath, "Export the model again")])
    func `a model that is none names the remedy`(path: String, remedy: String) throws {
        let engine = try Fixtures.engine.get()
        let error = #expect(throws: ONNXError.self) { try Session(model: path, runtime: engine) }
        #expect(error?.description.contains(remedy) == true, "\(String(describing: error))")
    }

    @Test(arguments: [(128, 1), (1769, 1), (3537, 1), (3538, 2), (10_240, 5)])
    func `takes its threads from the function's memory`(megabytes: Int, threads: Int) {
        #expect(SessionOptions.threads(functionMemoryMegabytes: megabytes) == threads)
    }
}

@Suite struct `The loading hint` {
    @Test(arguments: SessionOptions.Optimization.allCases)
    func `is read back from a model's end`(level: SessionOptions.Optimization) {
        let model = [UInt8](repeating: 7, count: 200) + LoadingHint.encoded(level)
        #expect(LoadingHint.decoded(fromEnd: model.suffix(LoadingHint.length)) == level)
        #expect(LoadingHint.encoded(level).count < LoadingHint.length)
    }

    @Test func `is absent from a model that was not optimised`() {
        #expect(LoadingHint.decoded(fromEnd: [UInt8](repeating: 7, count: 64)) == nil)
        #expect(LoadingHint.decoded(fromEnd: []) == nil)
    }
}
