package import Planning

/// Policies that were simulated over the same load, with all that their results are to be read with.
package struct SimulationStudy: Sendable {
    /// A policy's result beside what it is compared by.
    package struct Run: Sendable {
        package let result: SimulationResult
        /// What kind of system it is, as `managed service`: the headlines compare with the cheapest of each family.
        package let family: String
        /// Nil where nothing is known of it.
        package let regret: Regret?

        package init(_ result: SimulationResult, family: String, regret: Regret? = nil) {
            (self.result, self.family, self.regret) = (result, family, regret)
        }
    }

    package let trace: String
    /// The first minute, since midnight of any day.
    package let start: Int
    package let track: LoadTrack
    package let workload: Workload
    /// `request` or `fluid`.
    package let mode: String
    package let seed: UInt64
    /// Ours first.
    package let runs: [Run]
    /// What a clairvoyant would have paid with the best single type of instance and Lambda; nil when nobody knows.
    package let optimum: Dollars?
    /// What every mix of types costs at least.
    package let lowerBound: Dollars?
    /// Those that the bills rest on.
    package let prices: [PriceRow]
    /// That makes the same again.
    package let command: String

    package init(
        trace: String,
        start: Int,
        track: LoadTrack,
        workload: Workload,
        mode: String,
        seed: UInt64,
        runs: [Run],
        optimum: Dollars?,
        lowerBound: Dollars? = nil,
        prices: [PriceRow],
        command: String
    ) {
        precondition(!runs.isEmpty, "a study has at least one run")
        (self.trace, self.start, self.track, self.workload) = (trace, start, track, workload)
        (self.mode, self.seed, self.runs) = (mode, seed, runs)
        (self.optimum, self.lowerBound) = (optimum, lowerBound)
        (self.prices, self.command) = (prices, command)
    }

    /// The one that the others are compared with.
    package var ours: Run { runs[0] }

    /// Of each other family the run that costs least, in the order in which they come; those that refuse or are late with more than the
    /// objective allows only when no other of the family does better.
    package var rivals: [Run] {
        var rivals: [Run] = []
        for run in runs.dropFirst() where run.family != ours.family {
            guard let index = rivals.firstIndex(where: { $0.family == run.family }) else {
                rivals.append(run)
                continue
            }
            if rank(run) < rank(rivals[index]) { rivals[index] = run }
        }
        return rivals
    }

    private func rank(_ run: Run) -> (Int, Dollars) {
        (run.result.attainment >= workload.target ? 0 : 1, run.result.ledger.total)
    }

    /// How many times what we cost a run costs.
    package func ratio(_ run: Run) -> Double? {
        let cost = ours.result.ledger.total
        return cost > .zero ? run.result.ledger.total / cost : nil
    }
}
