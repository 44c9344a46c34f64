import AWS
import CURL
import Synchronization
import Testing
import Wire

/// AWS and the time as a script: answers by number, sleeps that only move the clock.
final class World: Sendable {
    struct State {
        var now = Moment(monotonic: .seconds(100), wall: World.epoch)
        var requests: [CURLRequest] = []
        var sleeps: [Duration] = []
        var random: UInt64 = 1 << 63
        var files: [String: String] = [:]
    }

    /// The time of all fixtures: 2026-11-24T03:14:59Z.
    static let epoch = WallClock(milliseconds: 1_795_490_099_000)

    typealias Script = @Sendable (_ request: CURLRequest, _ number: Int) -> Result<CURLResponse, CURLError>

    private let state = Mutex(State())
    private let script: Script

    init(_ script: @escaping Script) { self.script = script }

    /// Answers in this order; one request more fails the test.
    convenience init(_ answers: [Result<CURLResponse, CURLError>]) {
        self.init { request, number in
            guard number < answers.count else {
                Issue.record("request \(number + 1) to \(request.url) was not expected")
                return .failure(.closed)
            }
            return answers[number]
        }
    }

    var requests: [CURLRequest] { state.withLock { $0.requests } }
    var sleeps: [Duration] { state.withLock { $0.sleeps } }
    var now: Moment { state.withLock { $0.now } }

    /// Every wait is this share of its longest.
    func setRandom(_ share: Double) { state.withLock { $0.random = UInt64(share * 0x1p53) << 11 } }

    func advance(_ duration: Duration) {
        state.withLock {
            $0.now.monotonic += duration
            $0.now.wall = $0.now.wall + duration
        }
    }

    func setFile(_ path: String, _ text: String) { state.withLock { $0.files[path] = text } }

    var effects: Effects {
        Effects(
            send: { request async throws(CURLError) in
                let number = self.state.withLock { state in
                    state.requests.append(request)
                    return state.requests.count - 1
                }
                return try self.script(request, number).get()
            },
            now: { self.now },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock { $0.sleeps.append(duration) }
                self.advance(duration)
            },
            random: { self.state.withLock { $0.random } },
            read: { path in self.state.withLock { $0.files[path].map { Array($0.utf8) } } }
        )
    }

    /// A client with the fixtures' keys.
    func client(_ environment: [String: String] = [:], region: String = "eu-central-1") throws -> AWSClient {
        let standard = [
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "AWS_SESSION_TOKEN": "token+/=", "AWS_REGION": region,
        ]
        let configuration = try AWSConfiguration(
            environment: standard.merging(environment) { $1 },
            product: "mark/test",
            read: effects.read
        )
        return AWSClient(configuration, effects: effects)
    }
}

extension AWSClient {
    /// Sends with as much time as any test needs.
    func send<Output>(_ call: Call<Output>) async throws(AWSError) -> Output {
        try await send(call, deadline: .seconds(100_000))
    }
}

extension Result where Success == CURLResponse, Failure == CURLError {
    static func answer(_ status: Int, _ body: String = "", _ headers: [(name: String, value: String)] = [])
        -> Self
    {
        .success(CURLResponse(status: status, headers: headers, body: Array(body.utf8)))
    }
}
