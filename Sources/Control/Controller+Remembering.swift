import AWS
import Forecasting
import LambdaRuntime
import Synchronization
import Wire

/// What a cycle finds of the one before it, and leaves for the next.
extension Controller {
    func document(_ deadlines: CycleDeadlines) async throws(AWSError) -> ControllerDocument {
        if let kept = kept.withLock({ $0.document }) { return kept }
        return try await aws.send(settings.table.document(), deadline: deadlines.reading)?.document
            ?? ControllerDocument()
    }

    func remember(
        _ cycle: Cycle,
        _ plan: CyclePlan,
        _ nonce: String,
        _ deadlines: CycleDeadlines,
        _ log: Log
    ) async -> Bool {
        let isKept = await put(cycle.document, nonce, deadlines, log)
        guard !plan.decisions.isEmpty else { return isKept }
        let decided = settings.table.putDecision(plan.decided, at: now().wall)
        if case .failure(let error) = await attempt(decided, deadlines.remembering) {
            log.warn("no decision log: \(error)")
        }
        return isKept
    }

    private func put(
        _ document: ControllerDocument,
        _ nonce: String,
        _ deadlines: CycleDeadlines,
        _ log: Log
    ) async -> Bool {
        let put = settings.table.put(document, nonce: nonce)
        guard case .failure(let error) = await attempt(put, deadlines.remembering) else { return true }
        let found = await attempt(settings.table.document(), deadlines.remembering)
        // A write whose answer was lost may be refused when it is repeated, though it was the first that counted.
        if case .success(let found) = found, found?.nonce == nonce { return true }
        log.warn("what this cycle learnt is lost: \(error)")
        return false
    }

    /// With what time is left; an unfinished training would be lost, so it needs enough of it.
    ///
    /// The document, which has just been put, says that there is a new training, or other processes would go on without it.
    func train(_ cycle: Cycle, _ nonce: String, _ deadlines: CycleDeadlines, _ log: Log) async {
        var (forecaster, document) = (cycle.forecaster, cycle.document)
        guard forecaster.isTrainingDue, deadlines.end - now().monotonic > .seconds(30) else { return }
        forecaster.train()
        let stored = await attempt(settings.table.putForecaster(forecaster.encoded()), deadlines.end)
        if case .failure(let error) = stored {
            // Nobody has it, this process neither: it trains again.
            return log.warn("the trained forecaster is not kept: \(error)")
        }
        kept.withLock { $0.forecaster = forecaster }
        log.info("trained on \(forecaster.series.count) minutes")
        document.version += 1
        document.trainedMinute = forecaster.trainedMinute
        let told = await attempt(settings.table.put(document, nonce: nonce), deadlines.end)
        if case .failure(let error) = told {
            log.warn("others learn of the training a minute later: \(error)")
        }
    }

    func record(_ plan: CyclePlan, _ log: Log) {
        for decision in plan.decisions { log.info("decision", decision.json.objectValue ?? []) }
        for problem in plan.problems { log.warn(problem) }
    }
}
