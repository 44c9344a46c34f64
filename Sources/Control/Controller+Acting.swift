import AWS
import Fleet
import LambdaRuntime
import Planning
import Synchronization
import Wire

/// What became of a step.
struct StepOutcome: Sendable {
    let step: Step
    /// AWS's time of the cycle.
    let time: WallClock
    /// What EC2 gave, by id.
    var launched: [String: KnownInstance] = [:]
    /// Pools that had nothing.
    var unavailable: [Pool] = []
    /// What was done, in words.
    var note = ""
    var error: String?
}

/// Does what a plan says, one step after the other; one that fails does not keep the next from being tried.
extension Controller {
    func perform(_ steps: [Step], at time: WallClock, _ deadlines: CycleDeadlines, _ log: Log) async
        -> [StepOutcome]
    {
        var outcomes: [StepOutcome] = []
        for step in steps {
            var outcome = StepOutcome(step: step, time: time)
            do throws(AWSError) { try await perform(step, &outcome, deadlines.acting) } catch {
                outcome.error = error.description
            }
            let fields: [JSON.Member] = [
                .init("step", .string(step.words)), .init("note", .string(outcome.note)),
            ]
            if let error = outcome.error {
                log.error("step failed: \(error)", fields)
            } else {
                log.info("step", fields)
            }
            outcomes.append(outcome)
        }
        return outcomes
    }

    private func perform(_ step: Step, _ outcome: inout StepOutcome, _ until: Duration) async throws(AWSError)
    {
        switch step {
        case .rotate(let ring, let old):
            try await aws.send(settings.table.put(ring, replacing: old), deadline: until)
        case .launch(let launch, let token): try await self.launch(launch, token, &outcome, until)
        case .warm(let target, let count): await warm(target, count, &outcome, until)
        case .provision(let count): try await provision(count, until)
        case .route(let target): try await route(to: target, &outcome, until)
        case .drain(let id):
            do throws(AWSError) { try await aws.send(settings.table.askToDrain(id), deadline: until) } catch {
                // It has gone by itself.
                guard error.code == DynamoDB.conditionFailed else { throw error }
            }
        case .end(let ids): try await end(ids, &outcome, until)
        case .forget(let ids):
            for id in ids { try await aws.send(settings.table.deregister(id), deadline: until) }
        }
    }

    // MARK: EC2

    private func launch(
        _ launch: Action.Launch,
        _ token: IdempotencyToken,
        _ outcome: inout StepOutcome,
        _ until: Duration
    ) async throws(AWSError) {
        let subnets = kept.withLock { $0.subnets } ?? [:]
        guard let template = settings.template else { return }
        let pools = launch.pools.map {
            EC2.Pool(
                instanceType: $0.type,
                subnet: subnets[$0.zone],
                zone: subnets[$0.zone] == nil ? $0.zone : nil
            )
        }
        let isSpot = launch.market == .spot
        let call = EC2.createFleet(
            template,
            pools: pools,
            spot: isSpot ? launch.count : 0,
            onDemand: isSpot ? 0 : launch.count,
            tags: [
                .init(ControlSettings.tag, settings.stack), .init("Name", "\(settings.stack) backend"),
            ],
            token: token
        )
        let given: EC2.Launch
        do throws(AWSError) { given = try await aws.send(call, deadline: until) } catch {
            if error.kind == .capacity || error.kind == .accountLimit { outcome.unavailable = launch.pools }
            throw error
        }
        let zones = Dictionary(subnets.map { ($1, $0) }, uniquingKeysWith: { one, _ in one })
        outcome.note(given, launch, zones)
    }

    private func end(_ ids: [String], _ outcome: inout StepOutcome, _ until: Duration) async throws(AWSError)
    {
        do throws(AWSError) {
            _ = try await aws.send(EC2.terminateInstances(ids), deadline: until)
        } catch {
            // One that EC2 does not know spoils the call for all.
            guard error.kind == .notYetVisible, ids.count > 1 else { throw error }
            for id in ids {
                if case .failure(let error) = await attempt(EC2.terminateInstances([id]), until) {
                    outcome.error = error.description
                }
            }
        }
    }

    // MARK: Lambda

    private func provision(_ count: Int, _ until: Duration) async throws(AWSError) {
        guard count > 0 else {
            do throws(AWSError) {
                try await aws.send(Lambda.deleteProvisionedConcurrency(settings.function), deadline: until)
            } catch { guard error.code == Lambda.nothingProvisioned else { throw error } }
            return
        }
        _ = try await aws.send(Lambda.putProvisionedConcurrency(settings.function, count), deadline: until)
    }

    private func warm(
        _ target: RouteTarget,
        _ count: Int,
        _ outcome: inout StepOutcome,
        _ until: Duration
    ) async {
        var warmUp = WarmUp(environments: count)
        var failure: AWSError?
        while let round = warmUp.next(), now().monotonic < until {
            let results = await answers(target, round, until)
            warmUp.observe(results.compactMap { try? $0.get() })
            for case .failure(let error) in results { failure = error }
            // Throttled: there are no more environments to be had.
            if failure != nil { break }
        }
        outcome.note = "\(warmUp.warm) of \(count) environments are warm, \(warmUp.cold) of them new"
        if warmUp.warm == 0 { outcome.error = failure?.description }
    }

    private func answers(_ target: RouteTarget, _ round: WarmUp.Round, _ until: Duration) async -> [Result<
        [UInt8], AWSError
    >] {
        let router = settings.router.flatMap { Lambda.Function(parsing: $0) }
        guard let function = target == .router ? router : settings.function else { return [] }
        return await withTaskGroup(of: Result<[UInt8], AWSError>.self) { group in
            for index in 0..<round.count {
                let call = Lambda.invoke(
                    function,
                    payload: WarmUp.event(round, index: index),
                    timeout: round.hold + .seconds(15)
                )
                group.addTask { await self.attempt(call, until).map(\.payload) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: The route

    private func route(to target: RouteTarget, _ outcome: inout StepOutcome, _ until: Duration)
        async throws(AWSError)
    {
        guard let integration = kept.withLock({ $0.routing })?.integrations[target],
            let route = try await aws.send(APIGateway.getRoutes(settings.api), deadline: until)
                .first(where: { $0.key == "$default" })
        else {
            outcome.error =
                "the API has no $default route with an integration of the \(target.rawValue) function; deploy the template again"
            return
        }
        _ = try await aws.send(
            APIGateway.updateRoute(settings.api, route.id, integration: integration),
            deadline: until
        )
    }
}

extension StepOutcome {
    /// Takes in what EC2 gave and what it did not have.
    fileprivate mutating func note(
        _ given: EC2.Launch,
        _ launch: Action.Launch,
        _ zones: [String: String]
    ) {
        for group in given.instances {
            for id in group.ids {
                launched[id] = KnownInstance(
                    type: group.instanceType,
                    market: launch.market,
                    zone: group.zone ?? launch.pools[0].zone,
                    launched: time
                )
            }
        }
        var reasons: [String] = []
        for failure in given.failures {
            reasons.append("\(failure.code): \(failure.message)")
            switch failure.kind {
            // No other pool of the class helps either.
            case .accountLimit: unavailable = launch.pools
            case .capacity:
                let zone = failure.zone ?? failure.subnet.flatMap { zones[$0] }
                unavailable += launch.pools.filter {
                    $0.type == failure.instanceType ?? $0.type && $0.zone == zone ?? $0.zone
                }
            default: error = "\(failure.code): \(failure.message)"
            }
        }
        // Failures of some pools are of no interest when others gave all that was asked for.
        if launched.count >= launch.count { error = nil }
        note = "\(launched.count) of \(launch.count): \(launched.keys.sorted().joined(separator: ", "))"
        if let reason = reasons.first { note += "; \(reason)" }
    }
}

extension ControllerDocument {
    /// What acting has shown.
    ///
    /// - Parameter machine: this machine's time.
    mutating func learn(_ outcomes: [StepOutcome], at machine: WallClock) {
        for outcome in outcomes {
            // What could not be done is decided anew.
            for id in outcome.error == nil ? outcome.step.letGo : [] where known[id]?.draining == nil {
                known[id]?.draining = machine
            }
            known.merge(outcome.launched) { $1 }
            unavailable += outcome.unavailable
            guard case .warm(.inference, _) = outcome.step else { continue }
            // It may end in the minute after the one that it began in.
            let minute = outcome.time.minute
            warmed = warmed.filter { $0 > minute - Cycle.warmedKept }.union([minute, minute + 1])
        }
    }
}
