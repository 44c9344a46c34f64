import AWS
import Fleet
package import Forecasting
package import Planning
import Wire

/// One tick as a value: what was read goes in, what is to be done and remembered comes out.
package struct Cycle: Sendable {
    package let settings: ControlSettings
    package let catalogue: Catalogue
    /// Nil when the zip has no profile of the model.
    package let model: ProfiledModel?
    package var document: ControllerDocument
    package var forecaster: LoadForecaster

    /// Counts older than this say nothing any more, and nothing is launched or released by them.
    package static let blindAfter = 10
    /// Minutes that quality is still asked about, and so have to be known for warmed ones.
    static let warmedKept = 20
    /// Minutes that the planner looks back.
    static let history = 120

    package init(
        _ settings: ControlSettings,
        _ catalogue: Catalogue,
        model: ProfiledModel?,
        document: ControllerDocument,
        forecaster: LoadForecaster
    ) {
        (self.settings, self.catalogue, self.model) = (settings, catalogue, model)
        (self.document, self.forecaster) = (document, forecaster)
    }

    /// - Parameter tick: names the run: the same decision of the same tick is the same intent.
    package mutating func plan(_ readings: Readings, tick: String) -> CyclePlan {
        let fleet = FleetView(
            readings.instances,
            readings.backends,
            readings.warnings,
            known: document.known,
            now: readings.now,
            machine: readings.machine
        )
        hear(readings)
        let observation = observation(readings, fleet)
        var verdict = Verdict(problems: readings.problems)
        do { try decide(observation, readings, &verdict) } catch { verdict.problems.append("\(error)") }
        remember(fleet, readings)
        var steps = Step.all(
            verdict.decisions,
            fleet,
            route: settings.router == nil ? nil : readings.route,
            routed: routed(observation, verdict.workload),
            stack: settings.stack,
            tick: tick
        )
        if let rotation = rotation(readings, fleet, verdict.decisions) { steps.insert(rotation, at: 0) }
        return CyclePlan(
            decisions: verdict.decisions,
            steps: steps,
            fleet: fleet,
            observation: observation,
            workload: verdict.workload,
            route: readings.route,
            burnRate: verdict.burnRate,
            problems: verdict.problems
        )
    }

    /// Requests at once by the last known load, each for as long as a batch takes, and two deviations of chance (Little's law).
    private func routed(_ observation: Observation, _ workload: Workload?) -> Int {
        let rate = ((observation.demand.last ?? nil) ?? 0) / 60
        let mean = rate * ((workload?.function.latency ?? settings.slo) / .seconds(1))
        return min(100, Int((mean + 2 * mean.squareRoot()).rounded(.up)))
    }

    /// What the planner said, as far as it could be asked.
    private struct Verdict {
        var decisions: [Decision] = []
        var workload: Workload?
        var burnRate: Double?
        var problems: [String]
    }

    // MARK: Observing

    /// Takes in what is new.
    private mutating func hear(_ readings: Readings) {
        if let counts = readings.counts {
            // A stack is as old as its first request: the zeros before it are no load to learn from.
            let isNew = forecaster.series.count == 0
            let first = isNew ? counts.counts.firstIndex { $0 > 0 } ?? counts.counts.count : 0
            for (index, count) in counts.counts.enumerated().dropFirst(first) {
                forecaster.observe(count, minute: counts.first + index)
            }
        }
        if let run = readings.quality.meanRun {
            // Half of it is new: a function's pace changes with its deployments, not from minute to minute.
            document.latency = document.latency.map { ($0 + run) / 2 } ?? run
        }
        hearCapacities(readings)
    }

    private mutating func hearCapacities(_ readings: Readings) {
        let minute = readings.now.minute
        // One that has answered nothing yet does not know what it will be asked.
        let telling = readings.backends.filter { $0.capacity > 0 && $0.load.served > 0 }
        for (type, backends) in Dictionary(grouping: telling, by: \.type) {
            let rate = backends.reduce(0) { $0 + $1.capacity } / Double(backends.count)
            document.capacities[type] = MeasuredCapacity(rate: rate, minute: minute)
        }
        document.capacities = document.capacities.filter {
            minute - $0.value.minute < MeasuredCapacity.minutesKept
        }
    }

    private mutating func observation(_ readings: Readings, _ fleet: FleetView) -> Observation {
        let minute = readings.now.minute
        let series = forecaster.series
        let last = series.lastMinute ?? readings.counts.map(\.last) ?? minute - 1
        let start = max(0, series.count - Self.history)
        let demand = (start..<series.count).map { series.isMissing[$0] ? nil : series.counts[$0] }
        let lag = max(0, minute - 1 - last)
        return Observation(
            now: readings.now.time,
            demand: demand.isEmpty ? [0] : demand,
            demandLag: lag,
            forecasts: series.count == 0 ? [] : forecaster.forecasts,
            instances: fleet.instances,
            provisionedConcurrency: readings.provisionedConcurrency,
            spotPrices: readings.spotPrices,
            unavailable: document.unavailable,
            outcomes: outcomes(readings)
        )
    }

    /// Of the minutes that have become known since the last tick.
    private mutating func outcomes(_ readings: Readings) -> Observation.Outcomes {
        var late = 0
        for backend in readings.backends {
            // A backend that began anew counts from zero again.
            let before = document.late[backend.id] ?? 0
            late += backend.load.late >= before ? backend.load.late - before : backend.load.late
        }
        return readings.quality.outcomes(lateOnBackends: late)
    }

    // MARK: Planning

    private mutating func decide(
        _ observation: Observation,
        _ readings: Readings,
        _ verdict: inout Verdict
    ) throws {
        let workload = try workload()
        verdict.workload = workload
        guard observation.demandLag <= Self.blindAfter else {
            let lag = observation.demandLag
            verdict.problems.append("no request counts for \(lag) minutes: nothing is planned")
            return
        }
        var planner = try planner(workload, readings, &verdict.problems)
        verdict.decisions = planner.plan(observation)
        verdict.burnRate = planner.monitor.burnRate(over: .seconds(300), now: observation.now)
        document.planner = planner.memory
    }

    private func planner(
        _ workload: Workload,
        _ readings: Readings,
        _ problems: inout [String]
    ) throws -> Planner {
        var planner = try Planner(workload, catalogue, plannerSettings(workload, readings))
        if document.planner != .null {
            do { try planner.remember(document.planner) } catch {
                problems.append("\(error): it starts anew")
            }
        }
        return planner
    }

    // MARK: Remembering

    private mutating func remember(_ fleet: FleetView, _ readings: Readings) {
        document.known = fleet.known
        document.unavailable = []
        document.late = Dictionary(
            readings.backends.map { ($0.id, $0.load.late) },
            uniquingKeysWith: { $1 }
        )
        document.qualityMinute = readings.counts?.last ?? document.qualityMinute
        document.lastTick = readings.now.minute
        document.trainedMinute = forecaster.trainedMinute
    }

    /// The token is made with the first launch, and changed while there are backends.
    private func rotation(_ readings: Readings, _ fleet: FleetView, _ decisions: [Decision]) -> Step? {
        let launches = decisions.contains { if case .launch = $0.action { true } else { false } }
        guard launches || !fleet.instances.isEmpty else { return nil }
        guard let ring = readings.token else {
            return .rotate(TokenRing(current: readings.newToken, changed: readings.machine), replacing: nil)
        }
        return ring.advanced(at: readings.machine, new: readings.newToken).map {
            .rotate($0, replacing: ring)
        }
    }
}

/// What a cycle comes to.
package struct CyclePlan: Sendable {
    package let decisions: [Decision]
    package let steps: [Step]
    package let fleet: FleetView
    package let observation: Observation
    /// Nil when nothing is known of the model.
    package let workload: Workload?
    package let route: RouteTarget?
    /// Of five minutes; nil when too few requests came.
    package let burnRate: Double?
    package let problems: [String]
}
