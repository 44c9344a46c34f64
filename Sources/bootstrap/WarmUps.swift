import LambdaRuntime
import Wire

/// Answers warm-ups: holds the environment, so that as many of them at once warm as many environments.
struct WarmUps: Sendable {
    /// Names this execution environment.
    let environmentID: String
    let now: @Sendable () -> WallClock
    let sleep: @Sendable (Int64) -> Void

    /// A warm-up lets go this long before its deadline.
    private static let margin: Int64 = 100

    /// - Parameter prepare: waits for what an environment needs to answer at once; its time is part of the hold.
    func answer(_ warmUp: Event.WarmUp, _ invocation: Invocation, prepare: () -> Void = {}) -> Outcome {
        let start = now()
        let left = invocation.deadline.milliseconds - start.milliseconds - Self.margin
        prepare()
        let spent = now() - start
        sleep(max(0, min(warmUp.hold, left) - spent))
        let answer: JSON = [
            "environment": .string(environmentID), "cold": .bool(invocation.isFirst),
            "held_ms": .integer(now() - start),
        ]
        return .response(answer.encoded())
    }
}
