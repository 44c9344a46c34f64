import AWS
import Fleet
import Routing
import Wire

/// A state machine with a clock that the test moves.
struct World {
    static let slo = Duration.milliseconds(400)
    /// When the story begins.
    static let start = WallClock(milliseconds: 1_795_490_099_120)

    var state = RouterState(slo: slo)
    var now = Duration.seconds(1000)

    /// A world in which the registry has been read.
    init(_ backends: [RegisteredBackend] = []) {
        _ = state.beginFleet(now: now)
        state.endFleet(.success(backends), now: now)
    }

    var moment: Moment { Moment(monotonic: now, wall: wall) }
    var wall: WallClock { Self.start + (now - .seconds(1000)) }

    /// The next second's snapshot.
    mutating func read(_ backends: [RegisteredBackend]) {
        now += .seconds(1)
        _ = state.beginFleet(now: now)
        state.endFleet(.success(backends), now: now)
    }

    func journey() -> Journey { Journey(objective: now + Self.slo) }

    mutating func step(_ journey: Journey, draw: UInt64 = 0) -> RouterState.Step {
        state.step(journey, draw: draw, now: moment)
    }

    /// The backend that a new request is sent to, which answers; nil when the request spills.
    mutating func served(draw: UInt64 = 0) -> String? {
        var journey = journey()
        guard case .attempt(let attempt) = step(journey, draw: draw) else { return nil }
        state.ended(attempt, nil, &journey, now: wall)
        return attempt.backend.id
    }

    /// Sends a new request, which fails; returns where it was sent.
    @discardableResult
    mutating func failed(_ failure: Failure, draw: UInt64 = 0) -> String? {
        var journey = journey()
        guard case .attempt(let attempt) = step(journey, draw: draw) else { return nil }
        state.ended(attempt, failure, &journey, now: wall)
        return attempt.backend.id
    }

    /// Whether a new request would be sent to a backend.
    func isAsked() -> Bool {
        var state = state
        return if case .attempt = state.step(journey(), draw: 0, now: moment) { true } else { false }
    }

    /// What a client says of a table that did not answer in time.
    static func unreachable() throws -> AWSError {
        let variables = ["AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]
        let configuration = try AWSConfiguration(environment: variables, product: "test", read: { _ in nil })
        let call = FleetTable("mark").backends(isConsistent: false)
        let plan = Exchange.Plan(call, configuration, deadline: .zero, invocationID: "")
        guard case .finish(.failure(let error)) = Exchange(plan).start(now: World().moment) else {
            throw Unexpected()
        }
        return error
    }

    struct Unexpected: Error {}
}

/// A backend with a heartbeat at the story's beginning, or so much later.
func backend(
    _ id: String,
    beat: Duration = .zero,
    queue: Duration = .zero,
    capacity: Double = 100,
    state: RegisteredBackend.State = .serving,
    address: String = "10.0.0.1",
    pin: String? = nil
) -> RegisteredBackend {
    var backend = RegisteredBackend(
        id: id,
        address: address,
        port: 8443,
        pin: pin,
        type: "c7g.large",
        market: "spot",
        zone: "eu-central-1a",
        registered: World.start,
        capacity: capacity,
        build: "0.1.0",
        state: state,
        heartbeat: World.start + beat
    )
    backend.load.queueDelay = queue
    return backend
}
