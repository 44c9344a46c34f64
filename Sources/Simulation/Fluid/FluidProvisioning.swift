import Planning

/// Provisioned concurrency over time: environments in the order in which they were asked for.
struct FluidProvisioning {
    private struct Block {
        var environments: Int
        let since: Double
    }

    private var blocks: [Block] = []

    /// Environments that are billed.
    var allocated: Int { blocks.reduce(0) { $0 + $1.environments } }

    /// Environments that answer at a time.
    func ready(at now: Double) -> Int {
        blocks.reduce(0) { $0 + (now >= $1.since + FluidSimulation.provisioningDelay ? $1.environments : 0) }
    }

    /// Sets how many there are to be.
    ///
    /// - Returns: the environment-seconds that those that end are billed for yet, as each is billed for five minutes at least.
    mutating func set(_ environments: Int, now: Double) -> Double {
        let more = environments - allocated
        if more > 0 { blocks.append(Block(environments: more, since: now)) }
        var (excess, unpaid) = (-more, 0.0)
        while excess > 0, let last = blocks.last {
            let ended = min(excess, last.environments)
            unpaid += Double(ended) * max(0, FluidSimulation.provisionedMin - (now - last.since))
            excess -= ended
            blocks[blocks.count - 1].environments -= ended
            if ended == last.environments { blocks.removeLast() }
        }
        return unpaid
    }
}
