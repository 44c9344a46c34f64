import LocalCloud

/// Plays a script of events to a pool and tells what the pool does, as text.
///
/// Each line of a script is a second and an event: `submit a`, `submit-event a`, `ready 1`, `answered 1`, `exit 1`,
/// `provision 2`, `limit 1` or `end`.
/// Time is told to the pool exactly when it asked for it, so a deadline that is not armed is never met. A
/// killed process ends one second later by itself.
struct PoolStory {
    private var pool: EnvironmentPool
    private var timers: [Int] = []
    private var exits: [(at: Int, environment: Int)] = []
    private(set) var lines: [String] = []

    static func play(_ script: String, _ limits: EnvironmentPool.Limits) -> String {
        var story = PoolStory(pool: EnvironmentPool(limits))
        for line in script.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard let second = Int(words[0]) else { preconditionFailure("no second: \(line)") }
            story.pass(until: second)
            story.event(words, second)
        }
        return story.lines.joined(separator: "\n")
    }

    private init(pool: EnvironmentPool) { self.pool = pool }

    private mutating func event(_ words: [String], _ second: Int) {
        let now = Duration.seconds(second)
        let number = words.count > 2 ? Int(words[2]) ?? Int(words[2].utf8.first ?? 0) : 0
        switch words[1] {
        case "submit": perform(pool.submit(number, now: now), second)
        case "ready": perform(pool.ready(number, now: now), second)
        case "answered": perform(pool.answered(number, now: now), second)
        case "exit": perform(pool.exited(number, now: now), second)
        case "provision": perform(pool.provision(Int(words[2]) ?? 0, now: now), second)
        case "limit": perform(pool.limit(to: Int(words[2]) ?? 0, now: now), second)
        case "submit-event": perform(pool.submit(number, mayWait: true, now: now), second)
        case "end": break
        default: preconditionFailure("unknown event: \(words[1])")
        }
    }

    /// Lets timers and deaths happen up to a second, in their order.
    private mutating func pass(until second: Int) {
        while let next = (timers + exits.map(\.at)).min(), next <= second {
            let dead = exits.filter { $0.at == next }.map(\.environment)
            exits.removeAll { $0.at == next }
            for environment in dead { perform(pool.exited(environment, now: .seconds(next)), next) }
            if timers.contains(next) {
                timers.removeAll { $0 == next }
                perform(pool.wake(now: .seconds(next)), next)
            }
        }
    }

    private mutating func perform(_ actions: [EnvironmentPool.Action], _ second: Int) {
        for action in actions {
            switch action {
            case .start(let environment): lines.append("\(second) start \(environment)")
            case .dispatch(let invocation, let environment):
                lines.append("\(second) \(name(invocation)) to \(environment)")
            case .kill(let environment):
                lines.append("\(second) kill \(environment)")
                exits.append((second + 1, environment))
            case .fail(let invocation, let failure):
                lines.append("\(second) \(name(invocation)) fails: \(failure)")
            case .wake(let instant): timers.append(Int(instant / .seconds(1)))
            }
        }
    }

    private func name(_ invocation: Int) -> String {
        String(UnicodeScalar(UInt8(invocation)))
    }
}
