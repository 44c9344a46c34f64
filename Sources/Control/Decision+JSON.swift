package import Planning
package import Wire

extension Decision {
    /// For logs and programs.
    package var json: JSON {
        [
            "action": .string(action.words), "reason": .string(reason.words),
            "runner_up": runnerUp.map { .string($0.name) } ?? .null,
            "runner_up_costs_more_dollars": runnerUp.map { .double($0.costsMore.amount) } ?? .null,
        ]
    }
}
