import Batching
import Histograms
import Planning

/// An instance with the production bouncer on it: what is simulated are its runs, its boot and its end.
struct SimulatedInstance {
    /// As the controller sees it.
    var view: Instance
    let machine: Int
    var bouncer: Bouncer
    /// Admitted requests that have not ended.
    var inFlight = 0
    /// The bouncer's latest alarm; earlier ones are void.
    var alarm: Int64 = 0
    var credits: CPUCredits?
    /// Nanoseconds of its life that were billed.
    var billed: Int64 = 0

    /// Boots, serves or drains.
    var isUp: Bool {
        if case .gone = view.state { false } else { true }
    }
    var isDraining: Bool {
        if case .draining = view.state { true } else { false }
    }

    /// Requests that are lost with the instance, in the order in which they came.
    var unanswered: [QueuedRequest] {
        let running = bouncer.batcher.executors.flatMap { $0?.batch.requests ?? [] }
        return (running + bouncer.batcher.queue.requests).sorted { $0.id < $1.id }
    }
}
