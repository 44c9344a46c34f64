import AWS
import LambdaRuntime
import Fleet
import Wire

extension InstanceEvent {
    /// Whether something is to be done at once; that an instance boots or runs, the next tick sees.
    var isNews: Bool {
        switch kind {
        case .interruption, .rebalance: true
        case .state: ["shutting-down", "terminated", "stopping", "stopped"].contains(state ?? "")
        }
    }
}

/// What EC2 says of an instance: written down before anything else, so that it is kept even if this run ends here.
extension Controller {
    /// EventBridge sends the events of all instances of the account.
    func isOurs(_ event: InstanceEvent, _ deadlines: CycleDeadlines) async -> Bool {
        let filters: [EC2.Filter] = [
            .tag(ControlSettings.tag, settings.stack), EC2.Filter("instance-id", [event.instance]),
        ]
        let found = await attempt(EC2.describeInstances(filters: filters), deadlines.leasing)
        // When EC2 does not answer, the cycle that follows finds out by itself.
        return (try? found.get().isEmpty) != true
    }

    func heed(_ event: InstanceEvent, at time: WallClock, _ deadlines: CycleDeadlines, _ log: Log) async {
        guard !settings.isDryRun else { return }
        let kind: InstanceWarning.Kind
        switch event.kind {
        case .interruption: kind = .interruption
        case .rebalance: kind = .rebalance
        case .state:
            await note(settings.table.deregister(event.instance), "deregistered", event, deadlines, log)
            return
        }
        let warning = InstanceWarning(instance: event.instance, kind: kind, at: time)
        await note(settings.table.put(warning), "warned", event, deadlines, log)
        guard kind == .interruption else { return }
        // Routers leave it within a second; it has two minutes for what it has.
        await note(settings.table.askToDrain(event.instance), "asked to drain", event, deadlines, log)
    }

    private func note(
        _ call: Call<Void>,
        _ what: String,
        _ event: InstanceEvent,
        _ deadlines: CycleDeadlines,
        _ log: Log
    ) async {
        let fields: [JSON.Member] = [
            .init("instance", .string(event.instance)), .init("event", .string(event.kind.rawValue)),
        ]
        switch await attempt(call, deadlines.leasing) {
        case .success: log.info(what, fields)
        // It was not registered: nobody sends it anything.
        case .failure(let error) where error.code == DynamoDB.conditionFailed: log.info("not serving", fields)
        case .failure(let error): log.error("not \(what): \(error)", fields)
        }
    }
}
