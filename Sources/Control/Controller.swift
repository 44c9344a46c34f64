package import AWS
import Fleet
import Forecasting
package import LambdaRuntime
package import Planning
import Synchronization
package import Wire

/// Runs cycles: takes the lease, reads, lets `Cycle` decide, acts, remembers; each within its share of the time.
///
/// Level-triggered: what is there is read anew each time, so that a tick that is lost, doubled, late or killed half way leaves nothing
/// that the next one does not mend. Where reading fails, nothing is changed.
package final class Controller: Sendable {
    /// Why a cycle runs.
    package enum Trigger: Equatable, Sendable {
        case tick(at: WallClock)
        case instance(InstanceEvent, at: WallClock)
        /// Only to show what the next tick would do.
        case preview(at: WallClock)

        /// AWS's time.
        var time: WallClock {
            switch self {
            case .tick(let time), .instance(_, let time), .preview(let time): time
            }
        }

        /// Since 1970.
        var minute: Int { time.minute }

        /// Names what is decided now: the same decision of the same run is the same intent.
        var name: String {
            if case .instance(let event, _) = self { "\(minute) \(event.instance)" } else { "\(minute)" }
        }
    }

    /// What is kept while the process lives; all of it can be had again.
    struct Kept: Sendable {
        var forecaster: LoadForecaster?
        /// Subnets by zone.
        var subnets: [String: String]?
        var routing: RouteMap?
        /// As last read.
        var prices: [Pool: DollarsPerHour] = [:]
        /// In a dry run there is no document.
        var document: ControllerDocument?
    }

    let settings: ControlSettings
    let catalogue: Catalogue
    let model: ProfiledModel?
    let aws: AWSClient
    let now: @Sendable () -> Moment
    let kept = Mutex(Kept())
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - model: nil when the model has no profile.
    ///   - write: takes a line for the log, with its newline.
    package init(
        _ settings: ControlSettings,
        _ catalogue: Catalogue,
        model: ProfiledModel?,
        aws: AWSClient,
        now: @escaping @Sendable () -> Moment,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        (self.settings, self.catalogue, self.model) = (settings, catalogue, model)
        (self.aws, self.now, self.write) = (aws, now, write)
    }

    /// One cycle.
    ///
    /// - Parameters:
    ///   - holder: names this run for the lease; different for each.
    ///   - time: what the cycle may take in all; the function's time that is left.
    /// - Returns: what was done, for the invocation's answer.
    package func run(_ trigger: Trigger, holder: String, within time: Duration, log: Log) async -> CycleReport
    {
        let deadlines = CycleDeadlines(from: now().monotonic, within: time)
        if case .instance(let event, let time) = trigger {
            guard event.isNews else { return CycleReport("\(event.kind.rawValue) needs no action") }
            guard await isOurs(event, deadlines) else {
                return CycleReport("\(event.instance) is none of this stack's instances")
            }
            await heed(event, at: time, deadlines, log)
            // Before the lease, which would keep a tick away.
            if let reason = try? await document(deadlines).reasonToSkip(trigger) {
                return CycleReport(reason)
            }
        }
        guard !settings.isDryRun else { return await cycle(trigger, holder, deadlines, log) }
        guard await takeLease(holder, trigger, deadlines, log) else {
            return CycleReport(
                "another run holds the lease; it, or the next tick, sees what this one would have"
            )
        }
        let report = await cycle(trigger, holder, deadlines, log)
        if case .failure(let error) = await attempt(settings.table.releaseLease(holder), deadlines.end) {
            log.warn("the lease is not released, and lapses: \(error)")
        }
        return report
    }

    private func cycle(
        _ trigger: Trigger,
        _ holder: String,
        _ deadlines: CycleDeadlines,
        _ log: Log
    ) async -> CycleReport {
        do {
            let document = try await document(deadlines)
            if let reason = document.reasonToSkip(trigger) { return CycleReport(reason) }
            let time = document.time(trigger.time)
            let forecaster = try await forecaster(trained: document.trainedMinute, deadlines)
            let readings = try await read(document, forecaster, at: time, deadlines)
            var cycle = Cycle(
                settings,
                catalogue,
                model: model,
                document: document,
                forecaster: forecaster
            )
            let plan = cycle.plan(readings, tick: trigger.name)
            cycle.document.status = plan.status(cycle, readings)
            record(plan, log)
            kept.withLock { $0.forecaster = cycle.forecaster }
            if settings.isDryRun {
                kept.withLock { $0.document = cycle.document }
                return CycleReport(plan, outcomes: [], isDry: true)
            }
            let outcomes = await perform(plan.steps, at: time, deadlines, log)
            cycle.document.learn(outcomes, at: readings.machine)
            let isKept = await remember(cycle, plan, holder, deadlines, log)
            write(plan.metrics(cycle, readings, stack: settings.stack))
            if isKept { await train(cycle, holder, deadlines, log) }
            return CycleReport(plan, outcomes: outcomes, isDry: false)
        } catch {
            return CycleReport(failure: error)
        }
    }

    /// A call's result, so that one that fails need not end the others.
    func attempt<Output>(_ call: Call<Output>, _ deadline: Duration) async -> Result<Output, AWSError> {
        do throws(AWSError) { return .success(try await aws.send(call, deadline: deadline)) } catch {
            return .failure(error)
        }
    }

    // MARK: The lease

    private func takeLease(
        _ holder: String,
        _ trigger: Trigger,
        _ deadlines: CycleDeadlines,
        _ log: Log
    ) async -> Bool {
        while true {
            let wall = now().wall
            let until = wall + (deadlines.end - now().monotonic)
            let result = await attempt(
                settings.table.takeLease(holder, until: until, now: wall),
                deadlines.leasing
            )
            switch result {
            case .success: return true
            case .failure(let error) where error.code == DynamoDB.conditionFailed:
                // An answer that was lost may have been ours.
                if error.mayHaveTakenEffect,
                    case .success(holder) = await attempt(settings.table.leaseHolder(), deadlines.leasing)
                {
                    return true
                }
                // A tick that finds another at work has nothing to add; an event waits for its turn.
                guard case .instance = trigger, now().monotonic + .milliseconds(500) < deadlines.leasing,
                    (try? await Task.sleep(for: .milliseconds(500))) != nil
                else { return false }
            case .failure(let error):
                log.error("no lease: \(error)")
                return false
            }
        }
    }
}
