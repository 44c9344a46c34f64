import CURL
import Synchronization
import Wire

/// Gives credentials to everyone who asks, and fetches them once for all of them.
package final class CredentialsProvider: Sendable {
    private struct State {
        var cache = CredentialsCache()
        var isFetching = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
        /// Waiters that were cancelled before they could wait.
        var cancelled: Set<UInt64> = []
    }

    private enum Step { case use(Credentials), fetch, wait(UInt64) }

    private let source: CredentialsSource
    private let fetch: @Sendable () async -> Result<Credentials, CredentialsError>
    private let effects: Effects
    private let state = Mutex(State())

    package init(_ source: CredentialsSource, effects: Effects) {
        self.source = source
        self.effects = effects
        fetch = source.fetcher(effects)
    }

    /// - Parameter refused: Credentials that a service called expired.
    package func credentials(refused: Credentials? = nil) async throws(CredentialsError) -> Credentials {
        if case .fixed(let fixed, let name) = source {
            guard fixed != refused else { throw .expired(source: name) }
            return fixed
        }
        while !Task.isCancelled {
            switch next(refused) {
            case .use(let credentials): return credentials
            case .fetch: return try await fetchForAll().get()
            case .wait(let id): await wait(id)
            }
        }
        throw .unreachable(source: source.name, .cancelled)
    }

    private func next(_ refused: Credentials?) -> Step {
        let now = effects.now().wall
        return state.withLock { state in
            switch state.cache.decide(now: now, refused: refused) {
            case .use(let credentials): return .use(credentials)
            case .fetch(let meanwhile?) where state.isFetching: return .use(meanwhile)
            case .fetch where state.isFetching:
                state.nextWaiter += 1
                return .wait(state.nextWaiter)
            case .fetch:
                state.isFetching = true
                return .fetch
            }
        }
    }

    private func fetchForAll() async -> Result<Credentials, CredentialsError> {
        let result = await fetch()
        let now = effects.now().wall
        let random = effects.unit()
        let (taken, waiting) = state.withLock { state in
            state.isFetching = false
            defer { state.waiting = [:] }
            return (state.cache.take(result, now: now, random: random), state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
        return taken
    }

    /// Waits until the fetch that is under way has ended, or until the task is cancelled.
    private func wait(_ id: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    let isOver = !state.isFetching || state.cancelled.remove(id) != nil
                    if !isOver { state.waiting[id] = continuation }
                    return isOver
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.waiting.removeValue(forKey: id)
                if continuation == nil { state.cancelled.insert(id) }
                return continuation
            }
            continuation?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }
}
