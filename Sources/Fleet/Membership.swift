/// A backend's life in its fleet, as a value: it registers once it can serve, beats, drains when it is asked to, takes itself off the
/// table, and gives its machine back when nobody seems to need it.
///
/// Tell it what happened, and do what it answers. Calls to the table run one after the other, so that no late heartbeat undoes what a
/// newer one, or the deletion, has said.
package struct Membership: Equatable, Sendable {
    package enum Event: Equatable, Sendable {
        /// Models are loaded, and the server listens.
        case loaded
        case tokenRead(isFound: Bool)
        case tokenUnknown
        /// The table has answered, and says whether the controller wants the backend to drain.
        case beatAcknowledged(isToDrain: Bool)
        case beatFailed
        /// No new work is taken, whoever wanted that.
        case drainBegan
        /// What was admitted is answered.
        case drainEnded
        /// The item is deleted, or could not be.
        case left
        /// The timer of `wake` went off.
        case woken(at: Duration)
    }

    package enum Action: Equatable, Sendable {
        case readToken
        case beat(RegisteredBackend.State)
        case drain(DrainReason)
        /// Delete the item.
        case leave
        /// Send `woken` then; earlier promises are void.
        case wake(at: Duration)
        case end(Ending)
    }

    package enum DrainReason: Equatable, Sendable, CustomStringConvertible {
        case controller
        case unused(Duration)

        package var description: String {
            switch self {
            case .controller: "the controller asks for it"
            case .unused(let time):
                "no heartbeat was acknowledged and no request served for \(Int(time / .seconds(1))) s; the machine is given back"
            }
        }
    }

    package enum Ending: Equatable, Sendable {
        case drained
        /// The machine is to be given back: nobody may know that it runs, but it is paid for.
        case unused
    }

    /// How long routers may still send requests after a heartbeat has said otherwise: they read the table once a second.
    package static let routersNotice = Duration.seconds(2)

    private let giveUpAfter: Duration
    private var token: TokenReadings?
    private var isLoaded = false
    /// The heartbeat under way.
    private var beating: RegisteredBackend.State?
    private var beatDue: Duration
    /// Whether the table may have an item of this backend.
    private var hasBeaten = false
    /// The last heartbeat acknowledged, request served, or the start.
    private var used: Duration
    private var served = 0
    /// The timer that counts; what others say is ignored, so that they do not become more and more.
    private var armed: Duration?

    private enum Drain: Equatable {
        case none
        case asked
        /// No new work; `leaveDue` once routers have been told.
        case running(isIdle: Bool, leaveDue: Duration?)
        case leaving
    }
    private var drain = Drain.none
    private var ending = Ending.drained

    /// - Parameters:
    ///   - readsToken: whether the table says which token callers bring; then nothing is registered before there is one.
    ///   - giveUpAfter: how long it stays without any heartbeat acknowledged or request served.
    package init(readsToken: Bool, giveUpAfter: Duration, now: Duration) {
        token = readsToken ? TokenReadings(now: now) : nil
        self.giveUpAfter = giveUpAfter
        (beatDue, used) = (now, now)
    }

    /// - Parameter served: requests served since the start.
    package mutating func handle(_ event: Event, served: Int, now: Duration) -> [Action] {
        if served != self.served { (self.served, used) = (served, now) }
        var actions = note(event, now)
        guard drain != .leaving else { return actions }
        if token?.begin(now: now) == true { actions.append(.readToken) }
        if drain == .none, now >= used + giveUpAfter {
            (drain, ending) = (.asked, .unused)
            actions.append(.drain(.unused(giveUpAfter)))
        }
        if let action = beatOrLeave(now) { actions.append(action) }
        if let instant = nextDue, armed.map({ instant < $0 }) ?? true, drain != .leaving {
            armed = instant
            actions.append(.wake(at: instant))
        }
        return actions
    }

    private mutating func note(_ event: Event, _ now: Duration) -> [Action] {
        switch event {
        case .loaded: isLoaded = true
        case .tokenRead(let isFound): token?.ended(isFound: isFound, now: now)
        case .tokenUnknown: token?.sawUnknown(now: now)
        case .beatAcknowledged(let isToDrain):
            used = now
            beatEnded(now)
            if isToDrain, drain == .none {
                drain = .asked
                return [.drain(.controller)]
            }
        case .beatFailed: beatEnded(now)
        case .drainBegan:
            drain = .running(isIdle: false, leaveDue: hasBeaten ? nil : now)
            // At once: until routers have read it, they send what will be refused.
            beatDue = now
        case .drainEnded:
            if case .running(_, let leaveDue) = drain { drain = .running(isIdle: true, leaveDue: leaveDue) }
        case .left: return [.end(ending)]
        case .woken(let instant): if instant == armed { armed = nil }
        }
        return []
    }

    private mutating func beatEnded(_ now: Duration) {
        if beating == .draining, case .running(let isIdle, nil) = drain {
            drain = .running(isIdle: isIdle, leaveDue: now + Self.routersNotice)
        }
        beating = nil
    }

    private mutating func beatOrLeave(_ now: Duration) -> Action? {
        guard beating == nil else { return nil }
        if case .running(isIdle: true, let leaveDue?) = drain, now >= leaveDue {
            drain = .leaving
            return hasBeaten ? .leave : .end(ending)
        }
        guard canBeat, now >= beatDue else { return nil }
        let state: RegisteredBackend.State = if case .running = drain { .draining } else { .serving }
        (beating, hasBeaten, beatDue) = (state, true, now + RegisteredBackend.interval)
        return .beat(state)
    }

    /// One that never registered has nothing to say when it drains.
    private var canBeat: Bool {
        if case .running = drain { return hasBeaten }
        return isLoaded && token?.isKnown ?? true
    }

    /// When something is to be done next that no other event brings.
    private var nextDue: Duration? {
        var instants: [Duration] = []
        if let due = token?.due { instants.append(due) }
        if beating == nil, canBeat { instants.append(beatDue) }
        switch drain {
        case .none: instants.append(used + giveUpAfter)
        case .running(isIdle: true, let leaveDue?): instants.append(leaveDue)
        case .asked, .running, .leaving: break
        }
        return instants.min()
    }
}
