import AWS
package import Planning
package import Wire

/// The stack's services with their processes: performs what `CloudServices` decides.
package actor Stack {
    let configuration: StackConfiguration
    let clock: CloudClock
    let now: @Sendable () -> Duration
    let wallClock: @Sendable () -> WallClock
    let log: @Sendable (String) -> Void
    var services: CloudServices
    package nonisolated let functions: [String: LocalFunction]
    /// The programs of instances: none yet while one is started.
    var programs: [String: InstanceProgram] = [:]
    var show: Show
    var story: Story?
    /// The controller's status with the version of the document that it stands in.
    var lastStatus: (version: AttributeValue, status: JSON?)?
    var receipts = Receipts()
    nonisolated let feed = EventFeed()
    private var isClosed = false
    private var lastTick: Int64
    private var eventCount = 0
    private nonisolated let work = AsyncStream<CloudInstance>.makeStream()
    nonisolated let observations = AsyncStream<(function: String, FunctionObservation)>.makeStream(
        bufferingPolicy: .bufferingOldest(100_000)
    )

    /// How long an instance's program may take to end in order.
    private static let stopMax = Duration.seconds(10)
    /// Between two looks at the time: half a second of the cloud's at ten times the speed.
    private static let step = Duration.milliseconds(50)

    package init(
        _ configuration: StackConfiguration,
        now: @escaping @Sendable () -> Duration,
        wallClock: @escaping @Sendable () -> WallClock,
        log: @escaping @Sendable (String) -> Void
    ) throws(InvalidPriceList) {
        let clock = CloudClock(start: wallClock(), speed: configuration.speed)
        let made = try StackServices.make(configuration, clock)
        (self.configuration, services) = (made.configuration, made.services)
        (self.clock, self.now, self.wallClock, self.log) = (clock, now, wallClock, log)
        lastTick = clock.start.milliseconds / 60_000
        show = Show(
            objective: .milliseconds(configuration.slo),
            weight: clock.weight,
            start: clock.start,
            pricing: configuration.show.pricing
        )
        story = configuration.show.demo.map { Story(length: $0.length) }
        var functions: [String: LocalFunction] = [:]
        let observations = observations.continuation
        for function in made.configuration.functions {
            let name = function.name
            functions[name] = LocalFunction(
                function,
                now: now,
                wallClock: wallClock,
                observe: { observations.yield((name, $0)) },
                log: { log("\(name) \($0)") }
            )
        }
        self.functions = functions
    }

    var time: WallClock { clock.time(after: now()) }

    /// Tells everybody where the services are; nothing happens before.
    package func connect(_ endpoint: String) async {
        for function in functions.values { await function.add(variables: ["AWS_ENDPOINT_URL": endpoint]) }
        services.gateway.endpoint = endpoint
    }

    // MARK: Lifetime

    /// Runs everything until `stop`; returns when the last process is gone.
    package func run() async {
        await withDiscardingTaskGroup { processes in
            for function in functions.values { processes.addTask { await function.run() } }
            processes.addTask { await self.watch() }
            await withDiscardingTaskGroup { timers in
                timers.addTask { await self.keepTime() }
                timers.addTask { await self.tellWatchers() }
                for await instance in work.stream {
                    processes.addTask { await InstanceRunner(instance: instance, stack: self).run() }
                }
                timers.cancelAll()
            }
            close()
        }
    }

    /// Ends every process.
    package nonisolated func stop() {
        feed.close()
        work.continuation.finish()
    }

    private func close() {
        isClosed = true
        for function in functions.values { function.stop() }
        for program in programs.values { program.process?.kill() }
        observations.continuation.finish()
    }

    private func keepTime() async {
        while !Task.isCancelled {
            await step()
            try? await Task.sleep(for: Self.step)
        }
    }

    /// Lets the cloud's time catch up with the machine's.
    private func step() async {
        let time = time
        for name in functions.keys.sorted() {
            guard let status = await functions[name]?.status else { continue }
            services.functions.report(name, available: status.readyAhead, failure: status.failure)
        }
        services.advance(now: time)
        await perform(services.takeActions())
        for program in programs.values {
            if let until = program.killAt, until <= now() { program.process?.kill() }
        }
        // One tick a minute, at its start; what was missed stays missed.
        let minute = time.milliseconds / 60_000
        guard minute > lastTick, !services.gateway.endpoint.isEmpty else { return }
        lastTick = minute
        await send(.tick, at: WallClock(milliseconds: minute * 60_000))
    }

    // MARK: Requests

    /// Answers a request to a service; nil for Lambda's Invoke, with the function that is to run.
    func receive(_ request: AWSRequest) async -> CloudServices.Outcome {
        let outcome = services.receive(request, now: time, machineTime: wallClock())
        await perform(services.takeActions())
        return outcome
    }

    /// The function that runs the models.
    nonisolated var inferenceFunction: LocalFunction? { functions[configuration.inference.name] }

    /// The function that the route goes to.
    package var targetFunction: LocalFunction? {
        functions[CloudFunction.parse(services.gateway.targetFunction).name]
    }

    // MARK: Actions

    private func perform(_ actions: [CloudServices.Action]) async {
        for action in actions {
            switch action {
            case .ec2(.boot(let instance)):
                programs[instance.id] = InstanceProgram()
                work.continuation.yield(instance)
            case .ec2(.stop(let id)):
                programs[id]?.killAt = now() + Self.stopMax
                programs[id]?.process?.terminate()
            case .ec2(.notify(let event)): await send(event, at: time)
            case .provision(let name, let count): await functions[name]?.provision(count)
            case .limit(let name, let count):
                let limit = configuration.functions.first { $0.name == name }?.limits.environments ?? 1
                await functions[name]?.limit(to: min(limit, count ?? limit))
            }
        }
    }

    /// Hands an event to the controller, as EventBridge does: without waiting for what comes of it.
    private func send(_ event: CloudEvent, at time: WallClock) async {
        eventCount += 1
        let (name, start, log, now) = (configuration.controller.name, now(), log, now)
        let invocation = Invocation(event.encoded(at: time, number: eventCount))
        await functions[name]?.submit(invocation, mayWait: true) { result in
            let line = ReportLine(what: "\(event.name) \(name)", status: 202, total: now() - start, bytes: 0)
            log(line.text(result))
        }
    }

    // MARK: Instances

    /// Starts an instance's program, whose metadata is at a port.
    func start(_ instance: CloudInstance, metadataPort: Int) async throws(ChildProcess.CannotStart)
        -> ChildProcess
    {
        let (program, log) = (configuration.program(instance), log)
        var variables = program.variables
        variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:\(metadataPort)"
        variables["AWS_ENDPOINT_URL"] = services.gateway.endpoint
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] { variables[name] = FunctionConfiguration.region }
        let process = try await ChildProcess.start(
            program.path,
            arguments: program.arguments,
            folder: program.folder,
            variables: variables
        ) { log("[\(instance.id)] \($0)") }
        programs[instance.id]?.process = process
        if isClosed { process.kill() }
        // It was told to end while it was started.
        if programs[instance.id]?.killAt != nil { process.terminate() }
        return process
    }

    func ended(_ instance: String, _ reason: String) async {
        programs[instance] = nil
        guard !isClosed else { return }
        log("[\(instance)] ended: \(reason)")
        services.exited(instance, now: time)
        await perform(services.takeActions())
    }

    /// What an instance's metadata service answers.
    func metadata(_ request: AWSRequest, _ id: String, _ service: MetadataService) -> HTTPResponse {
        guard let instance = services.ec2.instances[id] else { return HTTPResponse(status: 404) }
        return service.answer(request, instance, machineTime: wallClock())
    }
}

/// An instance's program as the stack sees it.
struct InstanceProgram {
    var process: ChildProcess?
    /// It has been asked to end; from then on it is killed.
    var killAt: Duration?
}
