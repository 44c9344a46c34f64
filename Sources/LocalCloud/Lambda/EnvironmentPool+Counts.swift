extension EnvironmentPool {
    /// Environments that are or will soon be free, or may yet be started.
    func comingCount(_ now: Duration) -> Int {
        let idle = environments.values.count { if case .idle = $0 { true } else { false } }
        return idle + startingCount + turningCount(now) + max(0, limits.environments - environments.count)
    }

    var startingCount: Int {
        environments.values.count { state in
            switch state {
            case .starting, .restarting: true
            case .idle, .busy, .finishing, .ending: false
            }
        }
    }

    /// Environments that will ask for an event any moment.
    func turningCount(_ now: Duration) -> Int {
        environments.values.count { state in
            if case .finishing(let since) = state { now < since + limits.turnaround } else { false }
        }
    }

    /// The one used last comes first, so that the others can be reaped.
    var lastUsedIdle: EnvironmentID? {
        let idle = environments.compactMap { id, state -> (since: Duration, id: EnvironmentID)? in
            if case .idle(let since) = state { (since, id) } else { nil }
        }
        return idle.max { ($0.since, $1.id) < ($1.since, $0.id) }?.id
    }

    /// Environments that are not on their way out.
    var keptCount: Int {
        environments.values.count { state in
            switch state {
            case .starting, .idle, .busy, .finishing, .restarting: true
            case .ending: false
            }
        }
    }

    /// Environments that have started, up to how many are wanted ahead.
    package var readyAhead: Int {
        let ready = environments.values.count { state in
            switch state {
            case .idle, .busy, .finishing: true
            case .starting, .restarting, .ending: false
            }
        }
        return min(ready, ahead.wanted)
    }

    package func isAhead(_ environment: EnvironmentID) -> Bool { ahead.started.contains(environment) }

    /// The environments, for whoever watches; those on their way out are not told of.
    package var shown: [(id: EnvironmentID, state: String)] {
        environments.sorted { $0.key < $1.key }.compactMap { id, state in
            switch state {
            case .starting, .restarting: (id, "starting")
            case .idle, .finishing: (id, "idle")
            case .busy: (id, "busy")
            case .ending: nil
            }
        }
    }

    /// How many environments there are and how many of them have an invocation.
    package var counts: (all: Int, busy: Int) {
        let busy = environments.values.count { if case .busy = $0 { true } else { false } }
        return (environments.count, busy)
    }
}
