import CONNXRuntime

/// The library's form of `SessionOptions`, released with this value.
final class SessionSettings {
    let pointer: OpaquePointer
    private let api: CONNXRuntime

    init(_ options: SessionOptions, api: CONNXRuntime) throws(ONNXError) {
        self.api = api
        let checked = StatusCheck(api: api)
        pointer = try checked.made("making session options") { api.CreateSessionOptions(&$0) }
        try checked(
            api.SetSessionGraphOptimizationLevel(pointer, options.optimization.rawValue),
            "setting the level"
        )
        try checked(api.SetIntraOpNumThreads(pointer, Int32(options.threads)), "setting threads")
        try checked(api.SetInterOpNumThreads(pointer, 1), "setting threads")
        // Threads that spin while they wait burn the CPU time that a function pays for.
        if options.threads > 1 { try set("session.intra_op.allow_spinning", "0") }
        if !options.prepacking { try set("session.disable_prepacking", "1") }
        if let target = options.optimizedModel {
            try checked(
                api.SetOptimizedModelFilePath(pointer, target.path),
                "setting the optimised model's path"
            )
            try set("session.optimized_model_external_initializers_file_name", target.weights)
            try set("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
        }
    }

    deinit { api.ReleaseSessionOptions(pointer) }

    private func set(_ key: String, _ value: String) throws(ONNXError) {
        try StatusCheck(api: api)(api.AddSessionConfigEntry(pointer, key, value), "setting \(key)")
    }
}
