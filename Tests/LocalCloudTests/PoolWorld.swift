import Seeded
import LocalCloud
import TestKit

/// Random callers and processes around a pool: processes are slow, crash, hang or never start, as the seed
/// says.
struct PoolWorld {
    private enum Event { case submit(Int), ready(Int), answer(Int), exit(Int), timer }

    private let limits: EnvironmentPool.Limits
    private var pool: EnvironmentPool
    private var events: [(at: Int, sequence: Int, event: Event)] = []
    private var sequence = 0
    private var submitted = 0
    private var ended: Set<Int> = []
    private var alive: Set<Int> = []
    private var serving: [Int: Int] = [:]
    private var starts = 0
    private var isLawful = true
    /// How often in a hundred a process does what it should.
    private let health: Int

    init(_ generator: inout SeededGenerator) {
        var limits = EnvironmentPool.Limits()
        limits.environments = 1 + generator.below(4)
        limits.queue = 1 + generator.below(20)
        limits.queueWait = .seconds(1 + generator.below(60))
        limits.initialization = .seconds(1 + generator.below(10))
        limits.timeout = .seconds(1 + generator.below(20))
        limits.turnaround = .seconds(generator.below(4))
        limits.idle = .seconds(1 + generator.below(100))
        self.limits = limits
        pool = EnvironmentPool(limits)
        health = generator.below(101)
        for id in 0..<(1 + generator.below(60)) { schedule(.submit(id), at: generator.below(100)) }
    }

    /// Whether everything went by the rules.
    mutating func run(_ generator: inout SeededGenerator) -> Bool {
        while isLawful, let index = events.indices.min(by: { order($0) < order($1) }) {
            let (at, _, event) = events.remove(at: index)
            guard at < 10_000 else { return false }
            play(event, at, &generator)
        }
        // Every caller has an answer, every process is reaped, and failing starts did not spin.
        return isLawful && ended.count == submitted && alive.isEmpty && starts <= 2 * submitted
    }

    private func order(_ index: Int) -> (Int, Int) { (events[index].at, events[index].sequence) }

    private mutating func schedule(_ event: Event, at second: Int) {
        sequence += 1
        events.append((second, sequence, event))
    }

    private mutating func play(_ event: Event, _ second: Int, _ generator: inout SeededGenerator) {
        let now = Duration.seconds(second)
        switch event {
        case .submit(let id):
            submitted += 1
            perform(pool.submit(id, now: now), second, &generator)
        case .timer: perform(pool.wake(now: now), second, &generator)
        case .ready(let id) where alive.contains(id): perform(pool.ready(id, now: now), second, &generator)
        case .answer(let id) where alive.contains(id):
            if let invocation = serving.removeValue(forKey: id) { end(invocation) }
            perform(pool.answered(id, now: now), second, &generator)
            schedule(.ready(id), at: second + generator.below(3))
        case .exit(let id) where alive.contains(id):
            alive.remove(id)
            perform(pool.exited(id, now: now), second, &generator)
        case .ready, .answer, .exit: break
        }
    }

    private mutating func perform(
        _ actions: [EnvironmentPool.Action],
        _ second: Int,
        _ generator: inout SeededGenerator
    ) {
        for action in actions {
            switch action {
            case .start(let id):
                starts += 1
                isLawful = isLawful && alive.insert(id).inserted && alive.count <= limits.environments
                let isHealthy = generator.below(100) < health
                let event: Event = isHealthy || generator.below(2) == 0 ? .ready(id) : .exit(id)
                if isHealthy || generator.below(3) > 0 { schedule(event, at: second + generator.below(15)) }
            case .dispatch(let invocation, let id):
                isLawful = isLawful && serving[id] == nil && alive.contains(id) && !ended.contains(invocation)
                serving[id] = invocation
                let isHealthy = generator.below(100) < health
                let event: Event = isHealthy || generator.below(2) == 0 ? .answer(id) : .exit(id)
                if isHealthy || generator.below(3) > 0 { schedule(event, at: second + generator.below(30)) }
            case .kill(let id): schedule(.exit(id), at: second + generator.below(2))
            case .fail(let invocation, _):
                serving = serving.filter { $0.value != invocation }
                end(invocation)
            case .wake(let instant):
                schedule(.timer, at: Int((instant / .seconds(1)).rounded(.up)))
            }
        }
    }

    private mutating func end(_ invocation: Int) { isLawful = isLawful && ended.insert(invocation).inserted }
}
