package import ONNX
import Synchronization
import Threading

/// Measures t(b): how long a session takes for batches of b rows, with several executors at work at once.
///
/// They share caches, memory bandwidth and the cores' two halves, so one alone would be faster than any is in service.
package struct ProfileMeasurement: Sendable {
    package struct Budget: Equatable, Sendable {
        /// Runs before the first that counts.
        package var warmUps = 3
        package var runsMin = 30
        package var runsMax = 1000
        /// For each size, once the least number of runs is done.
        package var time = Duration.seconds(2)

        package init() {}

        /// For a server that starts without a profile: a rough one in a moment.
        package static var quick: Budget {
            var budget = Budget()
            (budget.warmUps, budget.runsMin, budget.runsMax, budget.time) = (1, 3, 20, .milliseconds(50))
            return budget
        }
    }

    package struct Result: Equatable, Sendable {
        /// Ascending.
        package let times: [Duration]
        /// Bytes of one run's inputs and outputs.
        package let bytes: Int

        package var p50: Duration { percentile(0.5) }
        package var p99: Duration { percentile(0.99) }

        /// The smallest time that so many of the runs kept to.
        package func percentile(_ share: Double) -> Duration {
            times[min(times.count - 1, max(0, Int((share * Double(times.count)).rounded(.up)) - 1))]
        }
    }

    private let session: Session
    private let executors: Int
    private let inputs: RandomInputs
    private let now: @Sendable () -> Duration

    package init(
        _ session: Session,
        executors: Int,
        inputs: RandomInputs,
        now: @escaping @Sendable () -> Duration
    ) {
        self.session = session
        self.executors = executors
        self.inputs = inputs
        self.now = now
    }

    /// Runs batches of one size; blocks while it does.
    package func measure(rows: Int, _ budget: Budget) throws(ServingError) -> Result {
        let tensors = try inputs.tensors(session.inputs, rows: rows)
        let outcomes = Mutex<[Swift.Result<(times: [Duration], bytes: Int), ServingError>]>([])
        let done = Semaphore()
        for _ in 1..<max(executors, 1) {
            Thread.start {
                let outcome = Swift.Result { () throws(ServingError) in try time(tensors, budget) }
                outcomes.withLock { $0.append(outcome) }
                done.post()
            }
        }
        var (times, bytes) = try time(tensors, budget)
        for _ in 1..<max(executors, 1) { done.wait() }
        for outcome in outcomes.withLock({ $0 }) { times += try outcome.get().times }
        bytes += tensors.reduce(0) { $0 + $1.byteCount }
        return Result(times: times.sorted(), bytes: bytes)
    }

    private func time(_ tensors: [Tensor], _ budget: Budget) throws(ServingError) -> (
        times: [Duration], bytes: Int
    ) {
        let outputs = Array(session.outputs.indices)
        var times: [Duration] = []
        var bytes = 0
        let start = now()
        for run in 0..<(budget.warmUps + budget.runsMax) {
            let before = now()
            do throws(ONNXError) {
                bytes = try session.run(tensors, outputs: outputs).reduce(0) { $0 + $1.byteCount }
            } catch {
                throw ServingError(running: error)
            }
            let after = now()
            if run >= budget.warmUps { times.append(after - before) }
            if times.count >= budget.runsMin, after - start > budget.time { break }
        }
        return (times, bytes)
    }
}

extension Tensor {
    /// Bytes of the elements.
    fileprivate var byteCount: Int {
        switch elements {
        case .raw(let bytes): bytes.count
        case .strings(let strings): strings.reduce(0) { $0 + $1.count }
        }
    }
}
