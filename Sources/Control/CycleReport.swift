package import Wire

/// What a run came to: the invocation's answer, and what `mark plan --live` prints.
package struct CycleReport: Sendable {
    /// Nil when the run had nothing to plan.
    package let plan: CyclePlan?
    /// Why nothing could be decided; nil when it could, or had not to be.
    package let failure: String?
    package let json: JSON

    init(_ words: String) {
        (plan, failure) = (nil, nil)
        json = ["done": false, "because": .string(words)]
    }

    init(failure: any Error) {
        plan = nil
        self.failure = "nothing is changed: \(failure)"
        json = ["done": false, "because": .string("nothing is changed: \(failure)")]
    }

    init(_ plan: CyclePlan, outcomes: [StepOutcome], isDry: Bool) {
        (self.plan, failure) = (plan, nil)
        json = [
            "done": .bool(!isDry),
            "decisions": .array(plan.decisions.map(\.json)),
            "steps": .array(
                isDry
                    ? plan.steps.map { ["step": .string($0.words)] }
                    : outcomes.map {
                        [
                            "step": .string($0.step.words), "note": .string($0.note),
                            "error": $0.error.map { .string($0) } ?? .null,
                        ]
                    }
            ),
            "problems": .array(plan.problems.map { .string($0) }),
        ]
    }
}
