import LambdaRuntime
import Wire

/// Warms so many environments at once: rounds of concurrent invocations that each hold theirs, until enough different ones have answered.
///
/// Invocations that do not overlap land in the same environment, so each holds its own until all have been dispatched; how many
/// environments there were is told by their names. Source: MArk, section 5; and Lambda's one invocation an environment.
package struct WarmUp: Equatable, Sendable {
    /// One round's invocations.
    package struct Round: Equatable, Sendable {
        package let count: Int
        package let hold: Duration
    }

    package let environments: Int
    private var seen: Set<String> = []
    private var rounds = 0
    /// Those that had to be started.
    package private(set) var cold = 0

    /// Of those wanted, which share suffices.
    package static let shareMin = 0.95
    package static let roundsMax = 3
    /// The first hold: the spread of a few hundred dispatches, and no longer, as a held environment serves nobody.
    private static let hold = Duration.milliseconds(300)

    package init(environments: Int) { self.environments = environments }

    /// Environments that are known to be warm.
    package var warm: Int { seen.count }

    /// What to invoke next; nil when it is enough, or of no use.
    package func next() -> Round? {
        guard Double(warm) < Self.shareMin * Double(environments), rounds < Self.roundsMax else { return nil }
        // The first round warms all; later ones hold those that are warm as well, or they would be hit again.
        return Round(count: environments, hold: Self.hold * (1 << rounds))
    }

    /// - Parameter answers: payloads of a round's invocations that succeeded.
    package mutating func observe(_ answers: [[UInt8]]) {
        rounds += 1
        for answer in answers {
            guard let json = try? JSON(parsing: answer), let name = json["environment"]?.stringValue,
                seen.insert(name).inserted
            else { continue }
            if json["cold"]?.boolValue ?? false { cold += 1 }
        }
    }

    /// The event of an invocation.
    package static func event(_ round: Round, index: Int) -> [UInt8] {
        let hold = min(Int64((round.hold / .milliseconds(1)).rounded()), Event.WarmUp.holdMax)
        return JSON.object([
            .init(
                "warm",
                [
                    "hold_ms": .integer(hold), "index": .integer(Int64(index)),
                    "of": .integer(Int64(round.count)),
                ]
            )
        ]).encoded()
    }
}
