extension PlanDraft {
    /// From the top, as long as the topmost is not worth its price.
    mutating func release() {
        while let top = stack.layers.last, !top.instance.id.isEmpty {
            let appraisal = view.appraiseKeeping(top)
            guard appraisal.worth <= 0 else { break }
            stack.removeTop()
            decide(
                .drain(instance: top.instance.id),
                because: appraisal.isForecast
                    ? .forecastLow(expected: appraisal.expected, capacity: appraisal.capacity)
                    : .idle(rate: appraisal.expected, capacity: appraisal.capacity),
                insteadOf: Decision.RunnerUp(name: "keep it", costsMore: Dollars(-appraisal.worth))
            )
        }
        releaseWarned()
    }

    /// Instances that may soon be taken back go once what replaces them serves.
    private mutating func releaseWarned() {
        guard stack.layers.allSatisfy({ $0.instance.isServing }) else { return }
        for instance in warned where instance.warning == .rebalance {
            decide(.drain(instance: instance.id), because: .replacesInterrupted(instance: instance.id))
        }
    }
}
