package import Forecasting

/// What is known at a tick; all that a plan is made from, besides the planner's own memory.
package struct Observation: Equatable, Sendable {
    /// What became of requests since the tick before, wherever they were served.
    package struct Outcomes: Equatable, Sendable {
        package var total = 0
        /// Answered within the objective.
        package var good = 0
        /// Of those that were not good: why.
        package var queued = 0
        package var coldStarts = 0
        package var refused = 0
        package var slowRuns = 0

        package init() {}
    }

    /// Since any fixed instant; ticks come at whole periods of it, or late.
    package var now: Duration
    /// Requests of the last complete minutes, the newest last, nil where nobody knows; two hours at most.
    package var demand: [Double?]
    /// Minutes that have ended since the last of `demand`: counts come late.
    package var demandLag: Int
    /// Of the minutes after the last of `demand`, by horizon; empty when nothing is forecast yet.
    package var forecasts: [LoadForecast]
    /// Ours, by tag; those that are gone may be left out.
    package var instances: [Instance]
    /// Environments of provisioned concurrency that are allocated.
    package var provisionedConcurrency: Int
    /// Current spot prices where known; elsewhere the catalogue's.
    package var spotPrices: [Pool: DollarsPerHour]
    /// Pools that had no instance for us when asked since the tick before.
    package var unavailable: [Pool]
    package var outcomes: Outcomes
    /// Mean share of the serving instances' executors that was busy since the tick before; nil without instances.
    package var utilisation: Double?
    /// Mean number of requests under way since the tick before, in queues and in runs.
    package var concurrency: Double

    package init(
        now: Duration,
        demand: [Double?],
        demandLag: Int = 0,
        forecasts: [LoadForecast] = [],
        instances: [Instance] = [],
        provisionedConcurrency: Int = 0,
        spotPrices: [Pool: DollarsPerHour] = [:],
        unavailable: [Pool] = [],
        outcomes: Outcomes = Outcomes(),
        utilisation: Double? = nil,
        concurrency: Double = 0
    ) {
        (self.now, self.demand, self.demandLag, self.forecasts) = (now, demand, demandLag, forecasts)
        (self.instances, self.provisionedConcurrency) = (instances, provisionedConcurrency)
        (self.spotPrices, self.unavailable, self.outcomes) = (spotPrices, unavailable, outcomes)
        (self.utilisation, self.concurrency) = (utilisation, concurrency)
    }
}
