/// A queue into and out of which requests flow at constant rates, first in, first out.
struct FluidQueue: Equatable {
    private(set) var length = 0.0

    /// What became of a step's arrivals.
    struct Outcome: Equatable {
        var served = 0.0
        var late = 0.0
        var refused = 0.0
    }

    /// Lets a step pass; its unit of time is the step.
    ///
    /// The length is linear in time until the queue is full or empty. For example, 30 arrive where 10 are served and 10 may wait: it is
    /// full after half a step, and 10 are refused in the other half. An arrival is late by what is before it then; that instances may
    /// leave while it waits is not foreseen.
    ///
    /// - Parameters:
    ///   - capacity: requests that can be served in the step.
    ///   - lengthMax: requests that may wait.
    ///   - lateFrom: requests before an arrival that make it late.
    mutating func flow(
        _ arrivals: Double,
        capacity: Double,
        lengthMax: Double,
        lateFrom: Double
    ) -> Outcome {
        var outcome = Outcome()
        let start = length
        // Those that have waited stay, though instances have left.
        let limit = max(lengthMax, start)
        let growth = arrivals - capacity
        if growth > 0 {
            let full = min(1, (limit - start) / growth)
            outcome.refused = (1 - full) * growth
            length = full < 1 ? limit : start + growth
            if length >= lateFrom {
                let late = min(1, max(0, (lateFrom - start) / growth))
                outcome.late = max(0, full - late) * arrivals + (1 - max(full, late)) * capacity
            }
        } else {
            length = max(0, start + growth)
            if start >= lateFrom, start > 0 {
                outcome.late = growth < 0 ? min(1, (start - lateFrom) / -growth) * arrivals : arrivals
            }
        }
        outcome.served = start + arrivals - outcome.refused - length
        return outcome
    }
}
