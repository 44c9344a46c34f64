import Planning
import Wire

/// The show: a point each second, and the events of `GET /cloud/events`.
extension Stack {
    private static let stateEvery = Duration.milliseconds(500)

    /// Tells watchers what happens until it is cancelled.
    func tellWatchers() async {
        var seconds = 0
        var due = now()
        var sent: JSON?
        while !Task.isCancelled {
            if seconds % 2 == 0 { await tellSecond() }
            if seconds % 30 == 0 { feed.keepAlive() }
            if feed.isWatched {
                let state = await snapshot()
                let comparable = Self.withoutTime(state)
                if comparable != sent { feed.send("state", state) }
                sent = comparable
            }
            seconds += 1
            due = max(due + Self.stateEvery, now())
            try? await Task.sleep(for: due - now())
        }
    }

    /// A state that differs in its time only is no news.
    private static func withoutTime(_ state: JSON) -> JSON {
        .object((state.objectValue ?? []).filter { $0.key != "time" && $0.key != "demo" })
    }

    private func tellSecond() async {
        let instances = watchedInstances
        let around = await surroundings(instances)
        let point = show.second(around, now: now(), time: time)
        feed.send("point", point.json)
        await play(point, instances)
        configuration.show.report(
            ShowReport(
                point: point,
                totals: show.totals,
                bill: services.ledger.snapshot(services.ec2, now: time),
                step: story?.step
            )
        )
    }

    private func play(_ point: ShowPoint, _ instances: [WatchedInstance]) async {
        guard story != nil else { return }
        let scene = Story.Scene(
            route: services.gateway.target,
            instances: instances,
            failed: show.totals.failed,
            elapsed: elapsed
        )
        for act in story?.see(point, scene) ?? [] {
            switch act {
            case .tell(let milestone):
                feed.send("story", milestone.json)
                configuration.show.tell(milestone)
            case .order(let order):
                do throws(ServiceFailure) { try await perform(order) } catch {
                    log("the show's order was not done: \(error.message)")
                }
            }
        }
    }

    /// Since the start, in the cloud's time.
    private var elapsed: Duration { .milliseconds(time - clock.start) }

    // MARK: What is there

    var watchedInstances: [WatchedInstance] {
        var registered: [String: AttributeValue.Item] = [:]
        for item in services.database.tables[configuration.table]?.items(of: "fleet") ?? [] {
            if case .string(let id) = item["sk"] { registered[id] = item }
        }
        let time = time
        return services.ec2.ordered.compactMap { instance in
            if case .terminated(let ended) = instance.state, time - ended > 60_000 { return nil }
            let spot = services.ec2.market.price(of: instance.type, in: instance.zone, at: time)
            let price = instance.market == .spot ? spot ?? instance.type.onDemand : instance.type.onDemand
            return WatchedInstance(instance, registration: registered[instance.id], price: price.amount)
        }
    }

    private func surroundings(_ instances: [WatchedInstance]) async -> Show.Surroundings {
        var around = Show.Surroundings()
        for instance in instances {
            around.instancesPerHour += instance.dollarsPerHour
            guard instance.state == .serving, let capacity = instance.capacity else { continue }
            switch instance.kind {
            case .spot: around.capacity.spot += capacity
            case .burstable: around.capacity.burstable += capacity
            case .onDemand: around.capacity.onDemand += capacity
            }
        }
        let forecast = controllerStatus?["forecast"]?[0]
        around.forecast = forecast?["mean_rps"]?.doubleValue
        around.forecastQ90 = forecast?["q90_rps"]?.doubleValue
        let name = configuration.inference.name
        around.environments = await functions[name]?.status.environments ?? 0
        around.run = services.ledger.meanRun(name)
        let dollars = services.ledger.dollars(services.ec2, now: time)
        (around.instancesDollars, around.usageDollars) = (dollars.instances.amount, dollars.usage.amount)
        return around
    }

    /// What the controller last said of itself.
    private var controllerStatus: JSON? {
        let table = services.database.tables[configuration.table]
        let item = table?.items(of: "controller").first { $0["sk"] == .string("document") }
        guard let item, case .string(let text) = item["state"], let version = item["version"] else {
            return nil
        }
        if let known = lastStatus, known.version == version { return known.status }
        let status = (try? JSON(parsing: Array(text.utf8)))?["status"]
        lastStatus = (version, status)
        return status
    }

    /// The controller's answer to a tick or an event has its decisions.
    func hear(_ result: InvocationResult) {
        guard case .answer(let body, _) = result.outcome, let report = try? JSON(parsing: body) else {
            return
        }
        for decision in report["decisions"]?.arrayValue ?? [] {
            let entry = JSON.object([.init("at", .integer(time.milliseconds))] + (decision.objectValue ?? []))
            show.decided(entry)
            feed.send("decision", entry)
        }
    }

    // MARK: Watchers

    /// What was before and the events after it; nil when there are too many watchers.
    func watchEvents(
        hangUp: @escaping @Sendable () -> Void
    ) -> (history: Timeline, events: EventFeed.Stream)? {
        feed.watch(hangUp: hangUp).map { (show.timeline, $0) }
    }

    /// More of the state for the page.
    func stateOfShow(_ environments: [JSON]) -> [JSON.Member] {
        let totals = show.totals
        let demo: JSON =
            configuration.show.demo.map { demo in
                [
                    "trace": .string(demo.trace), "elapsed_s": .rounded(elapsed / .seconds(1), digits: 1),
                    "length_s": .rounded(demo.length / .seconds(1), digits: 1),
                    "phase": .string(story?.step?.name ?? "over"),
                ]
            } ?? .null
        return [
            .init(
                "slo",
                [
                    "latency_ms": .integer(Int64(configuration.slo)), "target": .double(configuration.target),
                    "in_time": .rounded(totals.attainment), "requests": .integer(Int64(totals.requests)),
                    "failed": .integer(Int64(totals.failed)),
                ]
            ),
            .init("environments", .array(environments)),
            .init("instances", .array(watchedInstances.map(\.json))),
            .init("controller", controllerStatus ?? .null),
            .init("demo", demo),
        ]
    }
}
