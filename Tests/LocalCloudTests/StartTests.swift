import Glibc
import LocalCloud
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct `starting an environment` {
    @Test func `gives it what Lambda documents and nothing of this machine's`() async throws {
        var configuration = TestCloud.configuration()
        configuration.memory = 512
        configuration.variables = ["MINE": "a=b", "TZ": ":Europe/Berlin"]
        try await TestCloud.withFunction(configuration) { function, _ in
            let variables = try #require(try await function.answer(to: ["do": "variables"]).objectValue)
            // LC_CTYPE is Python's own doing.
            let names = variables.map(\.key).filter { $0 != "LC_CTYPE" }
            #expect(
                names.sorted() == [
                    "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
                    "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
                    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API",
                    "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING",
                    "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG",
                    "LD_LIBRARY_PATH", "MINE", "PATH", "TZ", "_HANDLER",
                ]
            )
            let values = JSON.object(variables)
            #expect(values["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512")
            #expect(values["LAMBDA_TASK_ROOT"] == .string(TestCloud.bundle))
            #expect(values["MINE"] == "a=b")
            #expect(values["TZ"] == ":Europe/Berlin")
        }
    }

    @Test func `happens in the function's folder with no file of the parent's open`() async throws {
        try await TestCloud.withFunction { function, _ in
            let process = try await function.answer(to: ["do": "process"])
            #expect(process["folder"] == .string(TestCloud.bundle))
            // Standard files, the connection to the Runtime API, and the listing of the folder itself.
            #expect(process["files"]?.arrayValue?.count == 5)
        }
    }

    @Test func `passes its output on by lines, each with its environment`() async throws {
        try await TestCloud.withFunction { function, lines in
            _ = try await function.answer(to: ["do": "print", "text": "one\ntwo\n"])
            await lines.wait(for: "[1] two")
            #expect(lines.all.contains("[1] one"))
            let long = String(repeating: "x", count: 100_000)
            _ = try await function.answer(to: ["do": "print", "text": .string(long + "\nend\n")])
            await lines.wait(for: "[1] end")
            #expect(lines.all.map(\.utf8.count).max() == 64 * 1024 + "[1] ".utf8.count)
            #expect(lines.all.joined().utf8.count { $0 == UInt8(ascii: "x") } == 100_000)
        }
    }

    @Test func `output without a newline is not lost with the process`() async throws {
        try await TestCloud.withFunction { function, lines in
            _ = try await function.answer(to: ["do": "print", "text": "last words"])
            _ = await function.invoke(["do": "crash"])
            #expect(lines.all.contains("[1] last words"))
        }
    }

    @Test func `an error at the start is what the caller gets, after a second try`() async throws {
        try await TestCloud.withFunction(TestCloud.configuration(start: "error")) { function, lines in
            let result = await function.invoke(["do": "echo"])
            #expect(result.functionError == ["errorMessage": "no model", "errorType": "Function.NoModel"])
            #expect(lines.count(of: "started") == 2)
            #expect(lines.count(of: "ended: exit status 1") == 2)
        }
    }

    @Test func `a program that ends at once is started twice an invocation and no more`() async throws {
        try await TestCloud.withFunction(TestCloud.configuration(start: "exit")) { function, lines in
            for number in 1...2 {
                let result = await function.invoke(["do": "echo"])
                #expect(result.failure == .crashed(2 * number))
                #expect(result.reason?.contains("exit status 7") == true)
                #expect(lines.count(of: "started") == 2 * number)
            }
        }
    }

    @Test func `a start that fails once is no harm`() async throws {
        let marker = TestCloud.unusedPath()
        defer { unlink(marker) }
        try await TestCloud.withFunction(TestCloud.configuration(start: "once:\(marker)")) {
            function,
            lines in
            let result = await function.invoke(["do": "echo"])
            #expect(result.environment == 2)
            #expect(lines.all.contains("[1] ended: exit status 7"))
        }
    }

    @Test func `a program that never asks for an event is killed, twice`() async throws {
        let configuration = TestCloud.configuration(start: "hang") {
            $0.initialization = .milliseconds(200)
            $0.timeout = .milliseconds(300)
        }
        try await TestCloud.withFunction(configuration) { function, lines in
            let result = await function.invoke(["do": "echo"])
            #expect(result.failure == .initializationTimedOut(2))
            #expect(result.reason?.contains("within 0.30 seconds") == true)
            await lines.wait(for: "[2] ended: signal: killed")
            #expect(lines.count(of: "[1] ended: signal: killed") == 1)
        }
    }

    @Test func `a program that is not there is named`() async throws {
        try await TestCloud.withFunction(FunctionConfiguration(bundle: "/nowhere")) { function, _ in
            let result = await function.invoke(["do": "echo"])
            #expect(result.reason?.contains("/nowhere/bootstrap cannot be started: No such file") == true)
        }
    }

    @Test func `the process ends with its parent, however that ends`() async throws {
        // The exit test's process is gone without a word; what it started leaves its number in a file.
        let path = "/tmp/mark-test-orphan"
        unlink(path)
        await #expect(processExitsWith: .exitCode(9)) {
            try await TestCloud.withFunction { function, _ in
                let process = try await function.answer(to: ["do": "process"])["pid"]?.intValue ?? 0
                let file = fopen("/tmp/mark-test-orphan", "w")
                fputs("\(process)", file)
                fclose(file)
                _exit(9)
            }
        }
        let file = try #require(fopen(path, "re"))
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = fread(&bytes, 1, bytes.count, file)
        fclose(file)
        let process = try #require(Int(String(decoding: bytes[..<count], as: UTF8.self)))
        await TestCloud.waitUntilGone(process)
        unlink(path)
    }
}
