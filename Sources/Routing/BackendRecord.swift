import Fleet
import Wire

/// What this router has itself seen of a backend.
struct BackendRecord: Equatable, Sendable {
    /// Requests of this router that the backend has not answered yet.
    private(set) var inFlight = 0
    /// It has bounced a request since the last snapshot.
    private(set) var hasBounced = false
    private var failuresInARow = 0
    /// Only a heartbeat after this lets it back in.
    private var avoidedUntil: WallClock?

    /// So long a repeated offender is avoided at most, beyond its next heartbeat.
    private static let penaltyMax = Duration.seconds(60)

    mutating func begin() { inFlight += 1 }

    /// - Parameters:
    ///   - failure: nil for an answer.
    ///   - heartbeat: the backend's last one when it was asked.
    mutating func end(_ failure: Failure?, heartbeat: WallClock, now: WallClock) {
        inFlight -= 1
        switch failure {
        case nil: failuresInARow = 0
        case .unsendable: break
        case .bounced: hasBounced = true
        case .timedOut, .unauthorised, .failed: fail(heartbeat: heartbeat, now: now)
        }
    }

    private mutating func fail(heartbeat: WallClock, now: WallClock) {
        guard !isAvoided(heartbeat: heartbeat) else {
            // Of requests that were with it at once all fail at once, and that is one failure.
            avoidedUntil = avoidedUntil.map { max($0, now) }
            return
        }
        // One that keeps beating its heart but never answers costs a try each time it is let in: 0, 2, 6, 14, ... seconds more.
        let penalty = RegisteredBackend.interval * ((1 << min(failuresInARow, 8)) - 1)
        failuresInARow += 1
        avoidedUntil = now + min(penalty, Self.penaltyMax)
    }

    /// A new snapshot is there.
    mutating func refresh() { hasBounced = false }

    func isAvoided(heartbeat: WallClock) -> Bool { avoidedUntil.map { heartbeat <= $0 } ?? false }
}
