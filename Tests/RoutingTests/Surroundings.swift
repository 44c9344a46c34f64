import AWS
import CURL
import LambdaRuntime
import Routing
import Synchronization
import Wire

/// The table, the backends and the inference function as scripts, under a clock that only they move.
final class Surroundings: Sendable {
    struct State {
        var now = Moment(monotonic: .seconds(1000), wall: World.start)
        var generator: UInt64 = 0
        /// What was asked, in order: `table`, `token`, `function` or a backend's name.
        var asked: [String] = []
        var timeouts: [Duration] = []
        var lines: [JSON] = []
        var backends = ["a", "b"]
    }

    typealias Script = @Sendable (_ asked: String, _ state: inout State) -> Result<CURLResponse, CURLError>

    let state = Mutex(State())
    private let script: Script

    /// - Parameter script: what a backend or the function answers; the table answers by itself.
    init(_ script: @escaping Script) { self.script = script }

    static func answer(_ body: String, status: Int = 200) -> Result<CURLResponse, CURLError> {
        .success(CURLResponse(status: status, body: Array(body.utf8)))
    }

    static let good = answer("{\"outputs\":[]}")
    /// As the function answers API Gateway, with a space that only verbatim bytes keep.
    static let payload = " {\"statusCode\":200,\"body\":\"by the function\"}"

    private func reply(to request: CURLRequest) -> Result<CURLResponse, CURLError> {
        let isTable = request.url.contains("//dynamodb.")
        let isToken = request.headers.contains { $0.value == "DynamoDB_20120810.GetItem" }
        return state.withLock { state in
            if isTable {
                state.asked.append(isToken ? "token" : "table")
                return isToken ? Self.answer("{}") : Self.table(state)
            }
            let host = request.url.dropFirst("http://".count).prefix { $0 != ":" }
            let asked = request.url.contains("//lambda.") ? "function" : String(host)
            state.asked.append(asked)
            state.timeouts.append(request.timeout)
            return script(asked, &state)
        }
    }

    private static func table(_ state: State) -> Result<CURLResponse, CURLError> {
        let items = state.backends.map { name -> JSON in
            let numbers = [
                "port": 80, "registered_ms": 1, "capacity_rps": 100,
                "heartbeat_ms": state.now.wall.milliseconds,
                "in_flight": 0, "queue_delay_ms": 0, "p98_ms": 1, "served": 0, "late": 0, "refused": 0,
            ].sorted { $0.key < $1.key }
            let texts = [
                "address": name, "build": "1", "market": "spot", "sk": name, "state": "serving", "type": "t",
                "zone": "z",
            ].sorted { $0.key < $1.key }
            return .object(
                numbers.map { .init($0.key, ["N": .string(String($0.value))]) }
                    + texts.map { .init($0.key, ["S": .string($0.value)]) }
            )
        }
        return .success(
            CURLResponse(status: 200, body: JSON.object([.init("Items", .array(items))]).encoded())
        )
    }

    func router() throws -> Router {
        let variables = ["AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]
        let configuration = try AWSConfiguration(environment: variables, product: "test", read: { _ in nil })
        let settings = [
            "MARK_TABLE": "mark", "MARK_STACK": "shop", "MARK_FUNCTION": "inference", "MARK_SLO_MS": "400",
        ]
        let effects = Effects(
            send: { request async throws(CURLError) in try self.reply(to: request).get() },
            now: { self.state.withLock { $0.now } },
            sleep: { duration in self.state.withLock { $0.advance(duration) } },
            random: {
                self.state.withLock { state in
                    state.generator &+= 0x9E37_79B9_7F4A_7C15
                    return state.generator
                }
            },
            read: { _ in nil }
        )
        return Router(
            try RouterSettings(settings),
            client: AWSClient(configuration, effects: effects),
            effects: effects,
            write: { line in
                let parsed = try? JSON(parsing: line)
                self.state.withLock { $0.lines.append(parsed ?? "no JSON") }
            }
        )
    }

    /// Sends an inference through a router; returns the event that answers it.
    func infer(_ router: Router, path: String = "/v2/models/m/infer", seconds: Double = 30) async throws
        -> String
    {
        let json: JSON = [
            "version": "2.0", "rawPath": .string(path), "headers": ["content-type": "application/json"],
            "requestContext": ["http": ["method": "POST", "path": .string(path)], "stage": "$default"],
            "body": "{}",
        ]
        let raw = json.encoded()
        guard case .http(let event) = try Event(parsing: raw) else { throw World.Unexpected() }
        let deadline = state.withLock { $0.now.wall } + .seconds(seconds)
        return String(decoding: await router.respond(to: event, raw: raw, deadline: deadline), as: UTF8.self)
    }
}

extension Surroundings.State {
    mutating func advance(_ duration: Duration) {
        now.monotonic += duration
        now.wall = now.wall + duration
    }
}
