import Planning
package import Wire

extension Stack {
    /// Makes metrics and bills of what happens in the functions, until they are all ended.
    func watch() async {
        for await (name, observation) in observations.stream { record(name, observation) }
    }

    private func record(_ name: String, _ observation: FunctionObservation) {
        switch observation {
        // The controller runs once a minute of the cloud's, all others once a request.
        case .line(let line): services.metrics.ingest(line, weight: weight(name), at: time)
        case .finished(let result, let invocation, let concurrency):
            if name == configuration.controller.name { hear(result) }
            let weight = Self.isWarmUp(invocation) ? 1 : weight(name)
            record(name, result, concurrency, weight)
        }
    }

    private func weight(_ function: String) -> Double {
        function == configuration.controller.name ? 1 : clock.weight
    }

    /// The controller's warm-ups are not clients' requests and stand for no others.
    private static func isWarmUp(_ invocation: Invocation) -> Bool {
        invocation.event.count < 256 && (try? JSON(parsing: invocation.event))?["warm"] != nil
    }

    private func record(_ name: String, _ result: InvocationResult, _ concurrency: Int, _ weight: Double) {
        let time = time
        func count(_ metric: String, _ value: Double) {
            let key = MetricStore.Name("AWS/Lambda", metric, ["FunctionName": name])
            services.metrics.record(key, value, weight: weight, at: time)
        }
        if case .failed(.throttled, _) = result.outcome { return count("Throttles", 1) }
        let hasFailed = if case .answer = result.outcome { false } else { true }
        count("Invocations", 1)
        count("Errors", hasFailed ? 1 : 0)
        count("Throttles", 0)
        count("Duration", result.duration / .milliseconds(1))
        count("ConcurrentExecutions", Double(concurrency + 1))
        services.ledger.invoked(
            name,
            billedMilliseconds: result.billedMilliseconds,
            memory: configuration.functions.first { $0.name == name }?.memory ?? 0,
            isCold: result.isCold,
            isProvisioned: result.isAhead,
            weight: weight
        )
    }

    /// The front has answered a request; returns what that cost.
    func answered(_ request: AnsweredRequest) -> Dollars {
        show.answered(
            .init(
                status: request.status,
                latency: request.latency,
                instance: request.instance,
                isRouted: request.function == configuration.router.name
            )
        )
        measure(request)
        return cost(request)
    }

    /// The front, the function that it called, and what that one had of an instance or of the inference function.
    private func cost(_ request: AnsweredRequest) -> Dollars {
        func invocation(_ name: String, _ milliseconds: Int) -> Dollars {
            let memory = configuration.functions.first { $0.name == name }?.memory ?? 0
            return services.ledger.cost(ofInvocation: milliseconds, memory: memory)
        }
        var cost =
            services.ledger.costOfRequest + invocation(request.function, request.result.billedMilliseconds)
        if let id = request.instance {
            let price = watchedInstances.first { $0.instance.id == id }?.dollarsPerHour ?? 0
            cost += Dollars(show.share(of: price, instance: id))
        } else if request.function == configuration.router.name {
            // Which invocation it caused is not known here; one of the mean length stands for it.
            let name = configuration.inference.name
            let run = services.ledger.meanRun(name).map { Int($0 / .milliseconds(1)) } ?? 0
            cost += invocation(name, run)
        }
        return cost
    }

    private func measure(_ request: AnsweredRequest) {
        let (status, latency, bytes) = (request.status, request.latency, request.bytes)
        let time = time
        let values: [(String, Double)] = [
            ("Count", 1), ("Latency", latency / .milliseconds(1)),
            ("4xx", (400..<500).contains(status) ? 1 : 0),
            ("5xx", status >= 500 ? 1 : 0), ("DataProcessed", Double(bytes)),
        ]
        for (metric, value) in values {
            for dimensions in [
                ["ApiId": GatewayService.api], ["ApiId": GatewayService.api, "Stage": "$default"],
            ] {
                let key = MetricStore.Name("AWS/ApiGateway", metric, dimensions)
                services.metrics.record(key, value, weight: clock.weight, at: time)
            }
        }
        services.ledger.requested(weight: clock.weight)
    }

    // MARK: For whoever watches

    /// Everything that is worth a look, at this moment.
    package func snapshot() async -> JSON {
        var functions: [JSON] = []
        var environments: [JSON] = []
        for function in configuration.functions {
            guard let status = await self.functions[function.name]?.status else { continue }
            let known = services.functions.functions[function.name]
            environments += status.shown.map {
                [
                    "function": .string(function.name), "id": .integer(Int64($0.id)),
                    "state": .string($0.state),
                ]
            }
            functions.append([
                "name": .string(function.name), "memory": .integer(Int64(function.memory)),
                "environments": .integer(Int64(status.environments)), "busy": .integer(Int64(status.busy)),
                "ready_ahead": .integer(Int64(status.readyAhead)),
                "provisioned": .integer(Int64(known?.provisioned?.requested ?? 0)),
                "reserved": known?.reserved.map { .integer(Int64($0)) } ?? .null,
            ])
        }
        let time = time
        let state: JSON = [
            "time": .string(time.description), "speed": .double(clock.speed),
            "seed": .integer(Int64(configuration.seed)),
            "stack": .string(configuration.name), "model": .string(configuration.model),
            "models": .array(configuration.show.models.map(\.json)),
            "table": .string(configuration.table),
            "route": .string(services.gateway.target), "functions": .array(functions),
            "bill": services.ledger.snapshot(services.ec2, now: time),
        ]
        return .object((state.objectValue ?? []) + stateOfShow(environments))
    }

    /// Does what somebody asks for.
    ///
    /// - Throws: when there is nothing to do it to.
    package func perform(_ order: StackOrder) async throws(ServiceFailure) {
        switch order {
        case .reclaim(let id):
            let id = try spot(id)
            guard services.ec2.interrupt(id, now: time) else {
                throw Self.nothing("\(id) is no live spot instance without a warning")
            }
        case .rebalance(let id):
            let id = try spot(id)
            guard services.ec2.recommendRebalance(id, now: time) else {
                throw Self.nothing("\(id) is no live spot instance")
            }
        case .killInstance(let id):
            guard let id = id ?? programs.keys.sorted().first, let process = programs[id]?.process else {
                throw Self.nothing("no instance of that name runs a program")
            }
            process.kill()
        case .killFunction(let name):
            guard let function = functions[name] else {
                throw Self.nothing("there is no function \(cropped(name, to: 60))")
            }
            await function.killEnvironments()
        case .closePools(let type, let zone, let market, let seconds):
            let count = services.ec2.closePools(
                type: type,
                zone: zone,
                market: market.flatMap(Market.init),
                until: time + .seconds(seconds)
            )
            guard count > 0 else { throw Self.nothing("no pool is of that type, zone and market") }
        case .openPools: services.ec2.openPools()
        case .surge(let factor, let seconds):
            guard let surge = configuration.show.surge, let last = show.timeline.points.last else {
                throw Self.nothing("no load is replayed here; start with mark up --demo")
            }
            surge(max(1, last.load) * (factor - 1), clock.machineDuration(.seconds(seconds)))
        case .outage(let service, let seconds): services.outages[service] = wallClock() + .seconds(seconds)
        }
    }

    private func spot(_ id: String?) throws(ServiceFailure) -> String {
        let candidates = services.ec2.ordered.filter {
            $0.market == .spot && $0.isLive && $0.interruption == nil
        }
        guard let id = id ?? candidates.first?.id else {
            throw Self.nothing("there is no live spot instance")
        }
        return id
    }

    private static func nothing(_ reason: String) -> ServiceFailure {
        ServiceFailure("NothingToDo", reason, status: 409)
    }
}
