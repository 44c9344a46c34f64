import CONNXRuntime

/// ONNX Runtime, loaded and with its environment made: what sessions come from.
///
/// The library is opened with `dlopen`, never linked: linking would bind the exact version, and a process that
/// serves no inference pays nothing for it. Making the environment takes some 12 ms of CPU, the largest part of a
/// cold start, so callers do it on a thread of its own while they do something else (`bootstrap` asks for its first
/// event meanwhile).
package final class ONNXRuntime: Sendable {
    // Function pointers and a constant string: nothing in it changes.
    nonisolated(unsafe) let api: CONNXRuntime
    // Made once here, used by any thread as the library allows, and never released: the library unregisters
    // process-wide state with its environment, and a process needs just one.
    nonisolated(unsafe) let environment: OpaquePointer
    nonisolated(unsafe) let memory: OpaquePointer
    nonisolated(unsafe) let allocator: OpaquePointer

    let weightFiles = WeightFiles()

    /// The library's version.
    package var version: String { String(cString: api.version) }

    /// Opens the first of `paths` that can be opened and makes the environment.
    package init(paths: [String]) throws(ONNXError) {
        let api = try Self.open(paths)
        self.api = api
        let checked = StatusCheck(api: api)
        // Level 3, errors: below that the library prints about CPU features it could not find in a sandbox.
        environment = try checked.made("making its environment") { api.CreateEnv(3, "mark", &$0) }
        memory = try checked.made("describing CPU memory") { api.CreateCpuMemoryInfo(1, 0, &$0) }
        allocator = try checked.made("getting its allocator") { api.GetAllocatorWithDefaultOptions(&$0) }
    }

    /// Where the library may be: an explicit path alone, or a `lib` folder beside the program or the function's
    /// code, or wherever the loader looks.
    package static func searchPaths(explicit: String?, folders: [String]) -> [String] {
        if let explicit { return [explicit] }
        return folders.map { "\($0)/lib/libonnxruntime.so.1" } + ["libonnxruntime.so.1"]
    }

    private static func open(_ paths: [String]) throws(ONNXError) -> CONNXRuntime {
        var tried: [String] = []
        for path in paths {
            let api = UnsafeMutablePointer<CONNXRuntime>.allocate(capacity: 1)
            defer { api.deallocate() }
            guard let reason = connxruntime_load(api, path) else { return api.pointee }
            let text = String(cString: reason)
            tried.append(text.contains(path) ? text : "\(path): \(text)")
        }
        throw .libraryMissing(tried: tried)
    }
}

/// Turns the library's status pointers into errors.
struct StatusCheck {
    let api: CONNXRuntime

    /// Throws when a call answered with a status, and releases that.
    @inline(__always)
    func callAsFunction(_ status: OpaquePointer?, _ doing: @autoclosure () -> String) throws(ONNXError) {
        guard let status else { return }
        defer { api.ReleaseStatus(status) }
        let message = api.GetErrorMessage(status).map { String(cString: $0) } ?? "no message"
        let code = ONNXError.Code(rawValue: api.GetErrorCode(status)) ?? .other
        throw .refused(doing: doing(), code: code, message: message)
    }

    /// The object that a call made.
    func made(
        _ doing: @autoclosure () -> String,
        _ make: (inout OpaquePointer?) -> OpaquePointer?
    ) throws(ONNXError) -> OpaquePointer {
        var object: OpaquePointer?
        try self(make(&object), doing())
        guard let object else { throw .refused(doing: doing(), code: .other, message: "it made nothing") }
        return object
    }

    /// The number that a call counted.
    func counted(
        _ doing: @autoclosure () -> String,
        _ count: (inout Int) -> OpaquePointer?
    ) throws(ONNXError) -> Int {
        var number = 0
        try self(count(&number), doing())
        return number
    }
}
