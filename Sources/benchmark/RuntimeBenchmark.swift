import Glibc

/// The runtime loop as Lambda sees it: the real bootstrap as a process, against a floor that only echoes.
struct RuntimeBenchmark {
    let bootstrap: String
    let echo: String

    private static let starts = 40
    private static let turns = 3000
    private static let answered = Array(
        "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}".utf8
    )

    func run(_ report: inout Report) throws {
        Report.progress("starting processes")
        var ready: [Duration] = []
        var readyFloor: [Duration] = []
        var first: [Duration] = []
        for _ in 0..<Self.starts {
            // Interleaved, so that what disturbs one disturbs the other.
            readyFloor.append(try start(echo, ["--echo"]) { _, ready in ready })
            ready.append(try start(bootstrap, []) { _, ready in ready })
            first.append(try start(bootstrap, []) { socket, _ in try turn(socket, Events.digit).answered })
        }
        report.add("exec to first /next", ready, floor: readyFloor)
        report.add("exec to first digits answer, warm page cache", first)

        for (name, event) in [
            ("\(Events.health.count) B health event", Events.health),
            ("\(Events.json.count / 1000) kB event, digits batch as JSON", Events.json),
            ("\(Events.binary.count / 1000) kB event, digits batch as Base64 tensors", Events.binary),
        ] {
            Report.progress(name)
            let floor = try turns(echo, ["--echo"], event)
            report.add("event to response: \(name)", try turns(bootstrap, [], event), floor: floor)
        }
    }

    // MARK: Processes

    private struct Clock {
        let start = ContinuousClock.now
        var elapsed: Duration { ContinuousClock.now - start }
    }

    private func start<Value>(
        _ program: String,
        _ arguments: [String],
        _ body: (Socket, Duration) throws -> Value
    ) throws -> Value {
        let (listener, port) = try Socket.listen()
        defer { close(listener) }
        let clock = Clock()
        let process = try spawn(program, arguments.isEmpty ? [] : arguments + [String(port)], port)
        defer {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        let socket = try Socket.accept(listener)
        _ = try socket.message()
        let ready = clock.elapsed
        // What body measures from the process's start, it measures against this.
        Self.started = clock.start
        return try body(socket, ready)
    }

    /// When the process that runs now was started.
    ///
    /// The benchmark has one thread.
    private nonisolated(unsafe) static var started = ContinuousClock.now

    private func spawn(_ program: String, _ arguments: [String], _ port: UInt16) throws -> pid_t {
        let library = getenv("MARK_ONNXRUNTIME").map { ["MARK_ONNXRUNTIME=\(String(cString: $0))"] } ?? []
        let models = getenv("MARK_MODELS").map { String(cString: $0) } ?? "template/models"
        let variables = ["AWS_LAMBDA_RUNTIME_API=127.0.0.1:\(port)", "MARK_MODELS=\(models)"] + library
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) }
        environment.append(nil)
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        argv.append(nil)
        defer { for string in environment + argv { free(string) } }
        var process = pid_t()
        guard posix_spawn(&process, program, nil, nil, &argv, &environment) == 0 else {
            throw BenchmarkFailure("cannot start \(program)")
        }
        return process
    }

    // MARK: Turns

    private func turns(_ program: String, _ arguments: [String], _ event: [UInt8]) throws -> [Duration] {
        try start(program, arguments) { socket, _ in
            var times: [Duration] = []
            for number in 0..<Self.turns {
                if number > 0 { _ = try socket.message() }
                times.append(try turn(socket, event).turn)
                try socket.send(Self.answered)
            }
            // The first ones load the model.
            return Array(times.dropFirst(100))
        }
    }

    /// Hands out an event and reads the answer: the time in between, and since the process's start.
    private func turn(_ socket: Socket, _ event: [UInt8]) throws -> (turn: Duration, answered: Duration) {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: r\r\n"
            + "Lambda-Runtime-Deadline-Ms: 9999999999999\r\nContent-Length: \(event.count)\r\n\r\n"
        let message = Array(head.utf8) + event
        let clock = Clock()
        try socket.send(message)
        let answer = try socket.message()
        let elapsed = clock.elapsed
        guard !answer.head.starts(with: "POST /2018-06-01/runtime/init".utf8) else {
            throw BenchmarkFailure(String(decoding: answer.body, as: UTF8.self))
        }
        let isFailure = String(decoding: answer.head.prefix(80), as: UTF8.self).contains("/error ")
        let isRefusal = String(decoding: answer.body.prefix(40), as: UTF8.self).contains("\"statusCode\":4")
        guard !isFailure, !isRefusal,
            !String(decoding: answer.body.prefix(40), as: UTF8.self).contains("\"statusCode\":5")
        else { throw BenchmarkFailure(String(decoding: answer.body.prefix(500), as: UTF8.self)) }
        return (elapsed, ContinuousClock.now - Self.started)
    }
}
