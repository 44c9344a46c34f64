package import AWS
package import Fleet
package import Planning
package import Wire

/// Our instances, from three sources that each know a part: EC2 what is billed, the registry who serves, the document what was asked.
///
/// EC2's list lags behind its own answers by seconds, and the registry knows nothing of machines that boot. Instances without our tag
/// are in none of them.
package struct FleetView: Equatable, Sendable {
    /// For the planner, in the order of ids.
    package private(set) var instances: [Instance] = []
    /// To be ended now: silent ones, stopped ones, and those that have drained.
    package private(set) var superfluous: [String] = []
    /// Registered, though their machines are gone.
    package private(set) var stale: [String] = []
    /// Those that serve, as a router sees them.
    package private(set) var serving: [RegisteredBackend] = []
    /// What is to be remembered of them.
    package private(set) var known: [String: KnownInstance] = [:]

    /// Silent for so long while others are heard: it is given up.
    package static let silentMax = Duration.seconds(90)
    /// And when none is heard: then the table may be the one that is silent.
    package static let allSilentMax = Duration.seconds(300)
    /// After a launch EC2's list may lack it for a while.
    package static let listLagMax = Duration.seconds(120)
    /// What has not served after that long never will.
    package static let bootMax = Duration.seconds(600)
    /// After that long a draining instance is ended, whatever it still does.
    package static let drainMax = Duration.seconds(60)

    /// - Parameters:
    ///   - now: AWS's time, of launches.
    ///   - machine: this machine's, of heartbeats and of what the controller has done.
    package init(
        _ listed: [EC2.Instance],
        _ backends: [RegisteredBackend],
        _ warnings: [InstanceWarning],
        known: [String: KnownInstance],
        now: WallClock,
        machine: WallClock
    ) {
        var builder = Builder(backends, warnings, known, now, machine)
        for instance in listed.sorted(by: { $0.id < $1.id }) { builder.add(instance) }
        builder.addUnlisted(Set(listed.map(\.id)))
        self = builder.view
        instances.sort { $0.id < $1.id }
    }

    private struct Builder {
        var view = FleetView()
        let backends: [String: RegisteredBackend]
        let warnings: [String: InstanceWarning]
        let known: [String: KnownInstance]
        let now: WallClock
        let machine: WallClock
        let silentMax: Duration

        init(
            _ backends: [RegisteredBackend],
            _ warnings: [InstanceWarning],
            _ known: [String: KnownInstance],
            _ now: WallClock,
            _ machine: WallClock
        ) {
            self.backends = Dictionary(backends.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
            self.warnings = Dictionary(warnings.map { ($0.instance, $0) }, uniquingKeysWith: { $1 })
            (self.known, self.now, self.machine) = (known, now, machine)
            let isAnyHeard = backends.contains { $0.isFresh(at: machine) }
            silentMax = isAnyHeard ? FleetView.silentMax : FleetView.allSilentMax
        }

        mutating func add(_ listed: EC2.Instance) {
            let backend = backends[listed.id]
            switch listed.state {
            case .pending, .running: addLiving(listed, backend)
            case .stopping, .stopped:
                // Ours are ended, never stopped: a disk would be billed for nothing.
                view.superfluous.append(listed.id)
            case .shuttingDown, .terminated:
                if backend != nil { view.stale.append(listed.id) }
                // Once: EC2 lists it for an hour.
                guard let memory = known[listed.id] else { return }
                view.instances.append(instance(listed, .gone(end(of: listed, memory))))
            }
        }

        /// Why one is gone.
        private func end(of listed: EC2.Instance, _ memory: KnownInstance) -> Instance.Departure {
            guard !listed.wasTakenBack else { return .interrupted }
            // It ended by itself, or was given up.
            let isTooOld = Duration.milliseconds(now - memory.launched) > FleetView.bootMax
            return memory.serves == nil && (memory.draining == nil || isTooOld) ? .failedToBoot : .released
        }

        private mutating func addLiving(_ listed: EC2.Instance, _ backend: RegisteredBackend?) {
            var memory = known[listed.id] ?? KnownInstance(listed)
            if let backend {
                // Counted back from now, as its own clock may be another.
                let age = Duration.milliseconds(max(0, machine - backend.registered))
                memory.serves = memory.serves ?? max(listed.launched, now + (.zero - age))
                if backend.state == .draining || backend.isAskedToDrain {
                    memory.draining = memory.draining ?? machine
                }
            }
            view.known[listed.id] = memory
            if let since = memory.draining {
                addDraining(listed, backend, since)
            } else if let backend {
                addRegistered(listed, backend, memory.serves ?? now)
            } else {
                let since = listed.launched.time
                let isPending = listed.state == .pending
                view.instances.append(
                    instance(listed, isPending ? .requested(at: since) : .booting(since: since))
                )
            }
        }

        private mutating func addDraining(
            _ listed: EC2.Instance,
            _ backend: RegisteredBackend?,
            _ since: WallClock
        ) {
            let isDone = backend.map { $0.state == .draining && $0.load.inFlight == 0 } ?? true
            if isDone || Duration.milliseconds(machine - since) > FleetView.drainMax {
                view.superfluous.append(listed.id)
            }
            // The planner replaces what EC2 takes back, and knows why.
            let isTaken = warnings[listed.id]?.kind == .interruption && backend != nil
            view.instances.append(
                instance(listed, isTaken ? .serving(since: listed.launched.time) : .draining(since: now.time))
            )
        }

        private mutating func addRegistered(
            _ listed: EC2.Instance,
            _ backend: RegisteredBackend,
            _ since: WallClock
        ) {
            guard Duration.milliseconds(machine - backend.heartbeat) <= silentMax else {
                view.superfluous.append(listed.id)
                return
            }
            if backend.isServing(at: machine) { view.serving.append(backend) }
            view.instances.append(instance(listed, .serving(since: since.time)))
        }

        /// What EC2 has given us, and does not show yet.
        mutating func addUnlisted(_ listed: Set<String>) {
            for (id, memory) in known where !listed.contains(id) {
                guard Duration.milliseconds(now - memory.launched) <= FleetView.listLagMax else { continue }
                view.known[id] = memory
                view.instances.append(
                    Instance(
                        id: id,
                        type: memory.type,
                        market: memory.market,
                        zone: memory.zone,
                        state: .requested(at: memory.launched.time),
                        launchedAt: memory.launched.time
                    )
                )
            }
            view.stale += backends.keys.filter { !listed.contains($0) && view.known[$0] == nil }.sorted()
        }

        private func instance(_ listed: EC2.Instance, _ state: Instance.State) -> Instance {
            Instance(
                id: listed.id,
                type: listed.instanceType,
                market: Market(listed.market),
                zone: listed.zone ?? "",
                state: state,
                launchedAt: listed.launched.time,
                warning: warnings[listed.id].map { warning in
                    warning.kind == .rebalance ? .rebalance : .interruption(at: warning.at.time)
                }
            )
        }
    }

    private init() {}
}

/// What the controller remembers of an instance from tick to tick.
package struct KnownInstance: Equatable, Sendable {
    package let type: String
    package let market: Market
    package let zone: String
    package let launched: WallClock
    /// Since when it serves, in AWS's time.
    package var serves: WallClock?
    /// Since when it is asked to drain, in the machine's time.
    package var draining: WallClock?

    package init(
        type: String,
        market: Market,
        zone: String,
        launched: WallClock,
        serves: WallClock? = nil,
        draining: WallClock? = nil
    ) {
        (self.type, self.market, self.zone) = (type, market, zone)
        (self.launched, self.serves, self.draining) = (launched, serves, draining)
    }

    init(_ listed: EC2.Instance) {
        self.init(
            type: listed.instanceType,
            market: Market(listed.market),
            zone: listed.zone ?? "",
            launched: listed.launched
        )
    }
}

extension WallClock {
    /// The planner's time: since 1970.
    var time: Duration { .milliseconds(milliseconds) }

    /// Since 1970.
    var minute: Int { Int((seconds / 60).rounded(.down)) }
}

extension Market {
    init(_ market: EC2.Market) { self = market == .spot ? .spot : .onDemand }
}

extension EC2.Market {
    init(_ market: Planning.Market) { self = market == .spot ? .spot : .onDemand }
}

extension EC2.Instance {
    /// Whether EC2 ended it for want of spot capacity (EC2 API Reference, "StateReason").
    var wasTakenBack: Bool { stateReason?.contains("SpotInstance") ?? false }
}
