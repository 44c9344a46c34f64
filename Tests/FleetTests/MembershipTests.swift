import Fleet
import Seeded
import TestKit
import Testing

/// A backend's membership under a script: events go in, and what it wants done comes out.
private struct Story {
    var membership: Membership
    var now = Duration.zero
    var served = 0
    private var timer: Duration?

    init(readsToken: Bool = false, giveUpAfter: Duration = .seconds(900)) {
        membership = Membership(readsToken: readsToken, giveUpAfter: giveUpAfter, now: .zero)
    }

    /// What is to be done after an event, but for timers, which are kept.
    mutating func tell(_ event: Membership.Event) -> [Membership.Action] {
        membership.handle(event, served: served, now: now).filter { action in
            guard case .wake(let instant) = action else { return true }
            timer = instant
            return false
        }
    }

    /// Lets time pass until its timer goes off, and tells what is to be done then; nil when it waits for something else.
    mutating func sleep() -> [Membership.Action]? {
        guard let instant = timer else { return nil }
        timer = nil
        now = max(now, instant)
        return tell(.woken(at: instant))
    }

    /// Goes on with timers alone until something is to be done.
    mutating func wait() -> [Membership.Action] {
        for _ in 0..<1000 {
            guard let actions = sleep() else { return [] }
            if !actions.isEmpty { return actions }
        }
        Issue.record("its timers never end")
        return []
    }

    mutating func join() {
        #expect(tell(.loaded) == [.beat(.serving)])
        #expect(tell(.beatAcknowledged(isToDrain: false)) == [])
    }
}

@Suite struct `A membership` {
    @Test func `registers once models are loaded, and then beats every two seconds`() {
        var story = Story()
        #expect(story.tell(.woken(at: .zero)) == [])
        story.now = .seconds(40)
        story.join()
        for beat in 1...5 {
            #expect(story.wait() == [.beat(.serving)])
            #expect(story.now == .seconds(40 + 2 * beat))
            #expect(story.tell(beat == 3 ? .beatFailed : .beatAcknowledged(isToDrain: false)) == [])
        }
    }

    @Test func `has one heartbeat under way at most, and catches up when a slow one ends`() {
        var story = Story()
        #expect(story.tell(.loaded) == [.beat(.serving)])
        story.now = .seconds(5)
        #expect(story.tell(.tokenUnknown) == [])
        #expect(story.tell(.beatFailed) == [.beat(.serving)])
    }

    @Test func `does not register before the table has a token, and looks for one every two seconds`() {
        var story = Story(readsToken: true)
        #expect(story.tell(.woken(at: .zero)) == [.readToken])
        #expect(story.tell(.loaded) == [])
        #expect(story.tell(.tokenRead(isFound: false)) == [])
        #expect(story.wait() == [.readToken])
        #expect(story.now == .seconds(2))
        #expect(story.tell(.tokenRead(isFound: true)) == [.beat(.serving)])
    }

    @Test func `reads the token once a minute, and once a second at most when unknown ones come`() {
        var story = Story(readsToken: true)
        #expect(story.tell(.woken(at: .zero)) == [.readToken])
        #expect(story.tell(.tokenRead(isFound: true)) == [])
        #expect(story.wait() == [.readToken])
        #expect(story.now == .seconds(60))
        #expect(story.tell(.tokenUnknown) == [], "one is under way")
        #expect(story.tell(.tokenRead(isFound: true)) == [])
        #expect(story.wait() == [.readToken], "it may have begun before the token was written")
        #expect(story.now == .seconds(61))
        #expect(story.tell(.tokenRead(isFound: true)) == [])
        story.now = .seconds(80)
        #expect(story.tell(.tokenUnknown) == [.readToken])
        #expect(story.tell(.tokenRead(isFound: false)) == [])
        #expect(story.wait() == [.readToken])
        #expect(story.now == .seconds(82))
    }

    @Test func `drains when the controller asks: says so, waits for its work and the routers, and leaves`() {
        var story = Story()
        #expect(story.tell(.loaded) == [.beat(.serving)])
        #expect(story.tell(.beatAcknowledged(isToDrain: true)) == [.drain(.controller)])
        #expect(story.tell(.drainBegan) == [.beat(.draining)])
        #expect(story.tell(.beatAcknowledged(isToDrain: true)) == [], "it drains already")
        #expect(story.wait() == [.beat(.draining)], "it goes on beating")
        #expect(story.tell(.beatAcknowledged(isToDrain: true)) == [])
        #expect(story.tell(.drainEnded) == [.leave])
        #expect(story.tell(.left) == [.end(.drained)])
        #expect(story.now == .seconds(2))
    }

    @Test func `stays after its work is done until routers have read that it drains`() {
        var story = Story()
        story.join()
        story.now = .seconds(1)
        #expect(story.tell(.drainBegan) == [.beat(.draining)])
        #expect(story.tell(.drainEnded) == [])
        story.now = .seconds(1.5)
        #expect(story.tell(.beatAcknowledged(isToDrain: false)) == [])
        #expect(story.wait() == [.beat(.draining)])
        #expect(story.tell(.beatAcknowledged(isToDrain: false)) == [])
        #expect(story.wait() == [.leave])
        #expect(story.now == .seconds(3.5))
    }

    @Test func `says that it drains after a heartbeat under way, which says otherwise`() {
        var story = Story()
        #expect(story.tell(.loaded) == [.beat(.serving)])
        #expect(story.tell(.drainBegan) == [])
        #expect(story.tell(.drainEnded) == [])
        #expect(story.tell(.beatFailed) == [.beat(.draining)])
        #expect(story.tell(.beatFailed) == [])
        #expect(story.wait() == [.leave], "a table that is away does not keep it")
    }

    @Test func `leaves no item behind that a heartbeat under way would write again`() {
        var story = Story()
        story.join()
        #expect(story.tell(.drainBegan) == [.beat(.draining)])
        #expect(story.tell(.beatAcknowledged(isToDrain: false)) == [])
        #expect(story.wait() == [.beat(.draining)])
        story.now = .seconds(9)
        #expect(story.tell(.drainEnded) == [], "a heartbeat is under way")
        #expect(story.tell(.beatFailed) == [.leave])
    }

    @Test func `ends at once when it drains before it has registered`() {
        var story = Story()
        #expect(story.tell(.woken(at: .zero)) == [])
        #expect(story.tell(.drainBegan) == [])
        #expect(story.tell(.loaded) == [])
        #expect(story.tell(.drainEnded) == [.end(.drained)])
    }

    @Test func `gives the machine back when nobody has heard of it and nobody asks it`() {
        var story = Story(giveUpAfter: .seconds(9))
        story.join()
        // Acknowledged: used at 2.
        #expect(story.wait() == [.beat(.serving)])
        #expect(story.tell(.beatAcknowledged(isToDrain: false)) == [])
        for _ in 0..<4 {
            #expect(story.wait() == [.beat(.serving)])
            #expect(story.tell(.beatFailed) == [])
        }
        #expect(story.now == .seconds(10))
        #expect(story.wait() == [.drain(.unused(.seconds(9)))])
        #expect(story.now == .seconds(11))
        #expect(story.tell(.drainBegan) == [.beat(.draining)])
        #expect(story.tell(.drainEnded) == [])
        #expect(story.tell(.beatFailed) == [])
        #expect(story.wait() == [.leave])
        #expect(story.tell(.left) == [.end(.unused)])
    }

    @Test func `keeps the machine while requests come, though no heartbeat is acknowledged`() {
        var story = Story(giveUpAfter: .seconds(9))
        story.join()
        while story.now < .seconds(100) {
            story.served += 1
            #expect(story.wait() == [.beat(.serving)])
            #expect(story.tell(.beatFailed) == [])
        }
        while story.now < .seconds(107) {
            #expect(story.wait() == [.beat(.serving)])
            #expect(story.tell(.beatFailed) == [])
        }
        #expect(story.wait() == [.drain(.unused(.seconds(9)))])
    }

    @Test func `gives the machine back when it could never register`() {
        var story = Story(readsToken: true, giveUpAfter: .seconds(3))
        #expect(story.tell(.woken(at: .zero)) == [.readToken])
        #expect(story.tell(.tokenRead(isFound: false)) == [])
        #expect(story.wait() == [.readToken])
        #expect(story.tell(.tokenRead(isFound: false)) == [])
        #expect(story.wait() == [.drain(.unused(.seconds(3)))])
        #expect(story.tell(.drainBegan) == [])
        #expect(story.tell(.drainEnded) == [.end(.unused)])
    }

    /// Any order of events: timers stay few, calls do not overlap, and it ends.
    @Test func `ends after any story`() {
        #expect(firstFailure(of: 0..<300) { random in Self.ends(&random) } == nil)
    }

    private static func ends(_ random: inout SeededGenerator) -> Bool {
        var membership = Membership(
            readsToken: random.below(2) == 0,
            giveUpAfter: .seconds(30),
            now: .zero
        )
        var now = Duration.zero
        var timers: [Duration] = []
        var pending: [Membership.Event] = [.woken(at: .zero), .loaded]
        var (beats, readings) = (0, 0)
        for step in 0..<5000 {
            guard let event = next(&pending, &timers, &now, &random) else { return false }
            switch event {
            case .beatAcknowledged, .beatFailed: beats -= 1
            case .tokenRead: readings -= 1
            default: break
            }
            for action in membership.handle(event, served: 0, now: now) {
                switch action {
                case .readToken:
                    readings += 1
                    pending.append(.tokenRead(isFound: random.below(4) > 0))
                case .beat:
                    beats += 1
                    let isToDrain = step > 200 && random.below(2) == 0
                    pending.append(
                        random.below(3) == 0 ? .beatFailed : .beatAcknowledged(isToDrain: isToDrain)
                    )
                case .drain: pending += [.drainBegan, .drainEnded]
                // A heartbeat under way would write the item again.
                case .leave where beats > 0: return false
                case .leave: pending.append(.left)
                case .wake(let instant): timers.append(instant)
                case .end: return true
                }
            }
            if beats > 1 || readings > 1 || timers.count > 20 { return false }
        }
        return false
    }

    /// Something that was begun ends, somebody brings a wrong token, or time goes on to the next timer.
    private static func next(
        _ pending: inout [Membership.Event],
        _ timers: inout [Duration],
        _ now: inout Duration,
        _ random: inout SeededGenerator
    ) -> Membership.Event? {
        // What began first ends first only where it must: a drain has begun before it ends.
        if !pending.isEmpty, random.below(3) > 0 {
            let index = random.below(pending.count)
            if pending[index] != .drainEnded || !pending.contains(.drainBegan) {
                return pending.remove(at: index)
            }
        }
        if random.below(8) == 0 { return .tokenUnknown }
        if let first = timers.min(), let index = timers.firstIndex(of: first) {
            now = max(now, first)
            return .woken(at: timers.remove(at: index))
        }
        return pending.isEmpty ? nil : pending.removeFirst()
    }
}
