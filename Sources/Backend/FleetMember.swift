package import AWS
package import Fleet
import Synchronization
package import Wire

/// Keeps a backend registered in its stack's table: does what `Membership` decides.
package final class FleetMember: Sendable {
    package struct Settings: Sendable {
        package var table: FleetTable
        package var machine: MachineIdentity
        /// Of the TLS key; nil without TLS.
        package var pin: String?
        /// The program's version.
        package var build: String
        package var giveUpAfter: Duration

        package init(
            table: FleetTable,
            machine: MachineIdentity,
            pin: String?,
            build: String,
            giveUpAfter: Duration
        ) {
            (self.table, self.machine, self.pin) = (table, machine, pin)
            (self.build, self.giveUpAfter) = (build, giveUpAfter)
        }
    }

    /// What it needs of the rest of the process.
    package struct Effects: Sendable {
        package var now: @Sendable () -> Moment
        package var load: @Sendable () -> FleetLoad
        /// Takes no new work, and sends `drainBegan` and `drainEnded`.
        package var drain: @Sendable (_ reason: String) async -> Void
        /// Tells whoever operates it.
        package var note: @Sendable (String) -> Void

        package init(
            now: @escaping @Sendable () -> Moment,
            load: @escaping @Sendable () -> FleetLoad,
            drain: @escaping @Sendable (_ reason: String) async -> Void,
            note: @escaping @Sendable (String) -> Void
        ) {
            (self.now, self.load, self.drain, self.note) = (now, load, drain, note)
        }
    }

    /// When it began to serve, and where.
    private struct Serving {
        let port: Int
        let since: WallClock
        /// Whether the table has acknowledged it.
        var isRegistered = false
    }

    private let settings: Settings
    private let client: AWSClient
    private let tokens: AcceptedTokens?
    private let serving = Mutex<Serving?>(nil)
    private let outages = Mutex(Outages())
    private let events = AsyncStream<Membership.Event>.makeStream()

    /// A call must be over before the next heartbeat is due.
    private static let callMax = Duration.milliseconds(1800)
    /// Of one attempt, so that one that hangs leaves time for another.
    private static let attemptMax = Duration.milliseconds(850)

    /// - Parameter readsToken: whether callers bring the table's token.
    package init(_ settings: Settings, _ client: AWSClient, readsToken: Bool) {
        self.settings = settings
        self.client = client
        let events = events.continuation
        tokens = readsToken ? AcceptedTokens { events.yield(.tokenUnknown) } : nil
    }

    /// The table's tokens; nil when callers bring others.
    package var accepted: AcceptedTokens? { tokens }

    // MARK: Events

    /// Models are loaded, and the server listens.
    package func isReady(port: Int, since: WallClock) {
        serving.withLock { $0 = Serving(port: port, since: since) }
        events.continuation.yield(.loaded)
    }

    package func drainBegan() { events.continuation.yield(.drainBegan) }
    package func drainEnded() { events.continuation.yield(.drainEnded) }

    // MARK: Life

    /// Returns when the backend has left the fleet; nil when the task is cancelled.
    package func run(_ effects: Effects) async -> Membership.Ending? {
        var membership = Membership(
            readsToken: tokens != nil,
            giveUpAfter: settings.giveUpAfter,
            now: effects.now().monotonic
        )
        return await withDiscardingTaskGroup { group in
            defer { group.cancelAll() }
            events.continuation.yield(.woken(at: .zero))
            for await event in events.stream {
                let served = effects.load().load.served
                for action in membership.handle(event, served: served, now: effects.now().monotonic) {
                    if case .end(let ending) = action { return ending }
                    group.addTask { await self.perform(action, effects) }
                }
            }
            return nil
        }
    }

    private func perform(_ action: Membership.Action, _ effects: Effects) async {
        switch action {
        case .readToken: await readToken(effects)
        case .beat(let state): await beat(state, effects)
        case .drain(let reason): await effects.drain("\(reason)")
        case .leave: await leave(effects)
        case .wake(let instant):
            try? await Task.sleep(for: instant - effects.now().monotonic)
            events.continuation.yield(.woken(at: instant))
        case .end: break
        }
    }

    // MARK: Calls

    private func readToken(_ effects: Effects) async {
        let result = await send(settings.table.token(), effects)
        if case .success(let ring?) = result { tokens?.replace(ring.accepted) } else { tokens?.keep() }
        tell(.token, result.map { $0 != nil }, effects)
        events.continuation.yield(.tokenRead(isFound: (try? result.get()).flatMap { $0 } != nil))
    }

    private func beat(_ state: RegisteredBackend.State, _ effects: Effects) async {
        guard let serving = serving.withLock({ $0 }) else {
            preconditionFailure("a heartbeat before the server listens")
        }
        let fleetLoad = effects.load()
        var backend = RegisteredBackend(
            id: settings.machine.id,
            address: settings.machine.address,
            port: serving.port,
            pin: settings.pin,
            type: settings.machine.type,
            market: settings.machine.market,
            zone: settings.machine.zone,
            registered: serving.since,
            capacity: fleetLoad.capacity,
            build: settings.build,
            state: state,
            heartbeat: effects.now().wall
        )
        backend.load = fleetLoad.load
        let result = await send(settings.table.beat(backend), effects)
        tell(.heartbeat, result.map { _ in true }, effects)
        switch result {
        case .success(let isToDrain):
            if !serving.isRegistered { registered(backend, effects) }
            events.continuation.yield(.beatAcknowledged(isToDrain: isToDrain))
        case .failure: events.continuation.yield(.beatFailed)
        }
    }

    private func registered(_ backend: RegisteredBackend, _ effects: Effects) {
        serving.withLock { $0?.isRegistered = true }
        effects.note(
            "Registered in \(settings.table.name) as \(backend.id) at \(backend.origin) for \(Int(backend.capacity)) requests/s"
        )
    }

    private func leave(_ effects: Effects) async {
        if case .failure(let error) = await send(settings.table.deregister(settings.machine.id), effects) {
            effects.note("Not deregistered, so routers forget this backend within seconds: \(error)")
        }
        events.continuation.yield(.left)
    }

    /// The client's deadline bounds all but the fetch of credentials; the race bounds that as well.
    private func send<Output>(_ call: Call<Output>, _ effects: Effects) async -> Result<Output, AWSError> {
        let deadline = effects.now().monotonic + Self.callMax
        let (client, call) = (client, call.within(Self.attemptMax))
        return await withTaskGroup(of: Result<Output, AWSError>?.self) { group in
            group.addTask {
                do throws(AWSError) { return .success(try await client.send(call, deadline: deadline)) } catch
                {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: Self.callMax)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            // The call ends soon after it is cancelled, with what it has come to.
            for await result in group { if let result { return result } }
            preconditionFailure("a call ended without a result")
        }
    }

    private func tell(_ subject: Outages.Subject, _ result: Result<Bool, AWSError>, _ effects: Effects) {
        let now = effects.now().monotonic
        let reason: String? =
            switch result {
            case .success(true): nil
            case .success(false): "the table \(settings.table.name) has no token yet; the controller makes it"
            case .failure(let error): "\(error)"
            }
        if let note = outages.withLock({ $0.note(subject, reason, now: now) }) { effects.note(note) }
    }
}
