import Load
import Synchronization
import Threading

/// Replays the demo's load against the front, and surges beside it, each from a thread of its own.
final class DemoLoad: Sendable {
    struct Settings: Sendable {
        /// Requests of each minute of the cloud's.
        let counts: [Int]
        let speed: Double
        /// What the counts are multiplied with.
        let scale: Double
        let seed: UInt64
        let slo: Duration
        /// Ends after the load.
        let once: Bool
        /// Makes the requests, for `127.0.0.1:PORT`.
        let requests: @Sendable (_ authority: String) -> [LoadRequest]
    }

    private struct State {
        var port: Int?
        /// Passes that are over, surges as well.
        var ended: [LoadResult] = []
        var running: LoadResult?
        var isOver = false
        var surges = 0
    }

    private let settings: Settings
    private let state = Mutex(State())

    /// At once, as each has connections and a thread.
    private static let surgesMax = 4
    /// What one machine answers at most.
    private static let surgeRateMax = 500.0

    init(_ settings: Settings) { self.settings = settings }

    /// Whether the load is over, which only happens when it is replayed once.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Requests that got no answer or a server's error, as the client has it.
    var failed: Int {
        state.withLock { state in
            (state.ended + [state.running].compactMap(\.self)).reduce(0) { $0 + Self.failed($1) }
        }
    }

    private static func failed(_ result: LoadResult) -> Int {
        let errors = result.statuses.reduce(0) { $0 + ($1.key >= 500 || $1.key == 429 ? $1.value : 0) }
        return result.timeouts + result.connectionErrors + errors
    }

    func begin(port: Int) {
        state.withLock { $0.port = port }
        let (counts, speed, scale) = (settings.counts, settings.speed, settings.scale)
        let length = Duration.seconds(Double(counts.count) * 60 / speed)
        Thread.start { [self] in
            var day: UInt64 = 0
            repeat {
                let arrivals = Arrivals(.trace(counts, speed: speed, scale: scale), seed: settings.seed + day)
                run(arrivals, for: length, port) { result in self.state.withLock { $0.running = result } }
                state.withLock { $0.running = nil }
                day += 1
            } while !settings.once
            state.withLock { $0.isOver = true }
        }
    }

    /// So many more requests a second for a time of the machine's; more surges than a few at once are left out.
    func surge(_ rate: Double, for time: Duration) {
        let port = state.withLock { state -> Int? in
            guard state.surges < Self.surgesMax, let port = state.port else { return nil }
            state.surges += 1
            return port
        }
        guard let port else { return }
        Thread.start { [self] in
            let arrivals = Arrivals(
                .poisson(perSecond: min(rate, Self.surgeRateMax)),
                seed: settings.seed + 1000
            )
            run(arrivals, for: time, port) { _ in }
            state.withLock { $0.surges -= 1 }
        }
    }

    private func run(
        _ arrivals: Arrivals,
        for time: Duration,
        _ port: Int,
        _ progress: (LoadResult) -> Void
    ) {
        var load = LoadSettings(
            host: "127.0.0.1",
            port: port,
            requests: settings.requests("127.0.0.1:\(port)"),
            arrivals: arrivals,
            duration: time,
            slo: settings.slo
        )
        load.timeout = .seconds(30)
        // An address that is always there; without it nothing comes, which the page shows.
        guard let generator = try? LoadGenerator(load) else { return }
        let result = generator.run(progress: progress)
        state.withLock { $0.ended.append(result.withoutSeconds) }
    }
}

extension LoadResult {
    /// Only the sums, for a load without an end.
    fileprivate var withoutSeconds: LoadResult {
        var result = self
        result.seconds = []
        return result
    }
}
