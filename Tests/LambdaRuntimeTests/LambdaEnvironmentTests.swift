import LambdaRuntime
import Testing

@Suite struct `Lambda's environment` {
    private let minimal = ["AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"]

    @Test func `needs the Runtime API's address and nothing else`() throws {
        let environment = try LambdaEnvironment(minimal)
        #expect(environment.host == "127.0.0.1")
        #expect(environment.port == 9001)
        #expect(environment.concurrencyMax == nil)
        #expect(environment.logFormat == .text)
        #expect(environment.logLevel == .info)
    }

    @Test func `is not there when the program is started by hand`() {
        let error = #expect(throws: InvalidEnvironment.notOnLambda) { try LambdaEnvironment([:]) }
        #expect(error?.description.contains("mark up") == true)
    }

    @Test(arguments: ["host:", "host:0", "host:65536", ":80", "host:port"])
    func `refuses an address that is none`(address: String) {
        let error = #expect(throws: InvalidEnvironment.self) {
            try LambdaEnvironment(["AWS_LAMBDA_RUNTIME_API": address])
        }
        #expect(error?.description.contains("expected host:port") == true)
    }

    @Test(arguments: [("JSON", Log.Format.json), ("json", .json), ("Text", .text), ("", .text)])
    func `names the log format without case`(text: String, format: Log.Format) throws {
        let environment = try LambdaEnvironment(minimal.merging(["AWS_LAMBDA_LOG_FORMAT": text]) { $1 })
        #expect(environment.logFormat == format)
    }

    @Test func `of managed instances always logs JSON`() throws {
        let environment = try LambdaEnvironment(minimal.merging(["AWS_LAMBDA_MAX_CONCURRENCY": "1"]) { $1 })
        #expect(environment.concurrencyMax == 1)
        #expect(environment.logFormat == .json)
    }

    @Test(arguments: ["0", "-1", "many", "1.5"])
    func `refuses a concurrency that is none`(text: String) {
        #expect(throws: InvalidEnvironment.self) {
            try LambdaEnvironment(minimal.merging(["AWS_LAMBDA_MAX_CONCURRENCY": text]) { $1 })
        }
    }
}
