import CONNXRuntime
import Glibc

/// A loaded model.
///
/// Any number of threads may run it at once.
package final class Session: Sendable {
    package let inputs: [TensorSpecification]
    package let outputs: [TensorSpecification]

    let runtime: ONNXRuntime
    /// Released after the session that reads them; nil for a session with all its weights to itself.
    private let shared: SharedInitializers?
    // The library's sessions are thread-safe; this one is released when nothing uses it any more.
    nonisolated(unsafe) let session: OpaquePointer
    let model: String
    private let options: SessionOptions
    // The names as C strings, made once as each run needs them, freed with the session.
    nonisolated(unsafe) let inputNames: [UnsafePointer<CChar>?]
    nonisolated(unsafe) let outputNames: [UnsafePointer<CChar>?]

    /// Loads the model at `path`.
    package init(model path: String, options: SessionOptions = SessionOptions(), runtime: ONNXRuntime)
        throws(ONNXError)
    {
        let api = runtime.api
        let checked = StatusCheck(api: api)
        let settings = try SessionSettings(options, api: api)
        self.runtime = runtime
        self.options = options
        model = path
        let shared = options.sharesWeights ? try SharedInitializers(of: path, runtime: runtime) : nil
        try shared?.add(to: settings)
        self.shared = shared
        let session = try checked.made("loading \(path)") {
            guard let prepacked = shared?.prepacked else {
                return api.CreateSession(runtime.environment, path, settings.pointer, &$0)
            }
            return api.CreateSessionWithPrepackedWeightsContainer(
                runtime.environment,
                path,
                settings.pointer,
                prepacked,
                &$0
            )
        }
        self.session = session
        shared?.forgetPages()
        let description = ModelDescription(session: session, runtime: runtime, model: path)
        do {
            inputs = try description.inputs()
            outputs = try description.outputs()
        } catch {
            api.ReleaseSession(session)
            throw error
        }
        inputNames = inputs.map { UnsafePointer(strdup($0.name)) }
        outputNames = outputs.map { UnsafePointer(strdup($0.name)) }
    }

    /// Loads another graph of the same model, which lies beside this one, in the same way.
    package func companion(_ file: String) throws(ONNXError) -> Session {
        let folder = model.utf8.lastIndex(of: UInt8(ascii: "/")).map { model[...$0] } ?? ""
        return try Session(model: folder + file, options: options, runtime: runtime)
    }

    deinit {
        runtime.api.ReleaseSession(session)
        for name in inputNames + outputNames { free(UnsafeMutablePointer(mutating: name)) }
    }

    /// Runs the model once.
    ///
    /// - Parameters:
    ///   - tensors: one for each input, in the order of `inputs`, with fitting types and shapes. They are not copied.
    ///   - selected: indices into `outputs`.
    /// - Returns: the selected outputs in that order, each copied once out of the library's memory.
    package func run(_ tensors: [Tensor], outputs selected: [Int]) throws(ONNXError) -> [Tensor] {
        precondition(tensors.count == inputs.count, "one tensor for each input")
        let values = RunValues(runtime: runtime, outputCount: selected.count)
        try run(tensors[...], values) { () throws(ONNXError) in
            try self.run(values, selected)
        }
        var results: [Tensor] = []
        results.reserveCapacity(selected.count)
        for (value, index) in zip(values.outputs, selected) {
            results.append(
                try OutputReader(runtime: runtime, value: value, name: outputs[index].name, model: model)
                    .tensor()
            )
        }
        return results
    }

    /// Pins the tensors one inside the other, so that all stay in place until the model has run.
    private func run(
        _ tensors: ArraySlice<Tensor>,
        _ values: RunValues,
        _ body: () throws(ONNXError) -> Void
    ) throws(ONNXError) {
        guard let tensor = tensors.first else { return try body() }
        switch tensor.elements {
        case .strings(let strings):
            try values.append(strings, shape: tensor.shape)
            try run(tensors.dropFirst(), values, body)
        case .raw(let bytes):
            let result = bytes.withUnsafeBytes { buffer in
                Result { () throws(ONNXError) in
                    try values.append(buffer, type: tensor.type, shape: tensor.shape)
                    try self.run(tensors.dropFirst(), values, body)
                }
            }
            try result.get()
        }
    }

    private func run(_ values: RunValues, _ selected: [Int]) throws(ONNXError) {
        let outputNames = selected.map { self.outputNames[$0] }
        let status = runtime.api.Run(
            session,
            nil,
            inputNames,
            values.inputs,
            inputs.count,
            outputNames,
            selected.count,
            &values.outputs
        )
        try StatusCheck(api: runtime.api)(status, "running \(model)")
    }
}
