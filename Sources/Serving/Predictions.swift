import Batching
import ONNX
import Synchronization
import Threading

/// The cache of predictions of one version of a model, for any number of threads: a lock around `PredictionCache`.
///
/// It ends with its version, so that no other version's answers are ever in it. Equal requests at the same time share one run.
package final class Predictions: Sendable {
    package typealias Report = PredictionCache<Dispatcher.Job>.Report

    private let cache: Mutex<PredictionCache<Dispatcher.Job>>

    package init(_ limits: PredictionCacheLimits) { cache = Mutex(PredictionCache(limits)) }

    package var report: Report { cache.withLock { $0.report } }

    /// Completes a job: at once from what is kept, with an equal one that runs, or by `run`.
    ///
    /// - Parameter run: completes the job that it gets once, at any time on any thread.
    package func answer(_ job: Dispatcher.Job, run: @escaping @Sendable (Dispatcher.Job) -> Void) {
        let key = PredictionKey(job.inference.request)
        switch cache.withLock({ $0.ask(key, job) }) {
        case .hit(let tensors): job.complete(.served(tensors))
        case .wait: break
        case .run: run(job.completing { [self] in finish(key, job, $0, run) })
        }
    }

    private func finish(
        _ key: PredictionKey,
        _ job: Dispatcher.Job,
        _ outcome: Dispatcher.Outcome,
        _ run: @escaping @Sendable (Dispatcher.Job) -> Void
    ) {
        let tensors = if case .served(let tensors) = outcome { tensors } else { nil as [Tensor]? }
        let waiters = cache.withLock { $0.finish(key, tensors) }
        job.complete(outcome)
        for waiter in waiters {
            // A refusal was for the deadline of the first; each has its own.
            if tensors == nil { answer(waiter, run: run) } else { waiter.complete(outcome) }
        }
    }

    /// A result at once, computed by `run` on this thread unless it is kept or another thread computes it.
    func result(
        of inference: PreparedInference,
        run: @escaping @Sendable (PreparedInference) -> Result<[Tensor], ServingError>
    ) -> Result<[Tensor], ServingError> {
        let result = Mailbox<Result<[Tensor], ServingError>>()
        let job = Dispatcher.Job(inference, arrival: .zero, deadline: .zero) { outcome in
            switch outcome {
            case .served(let tensors): result.put(.success(tensors))
            case .failed(let error): result.put(.failure(error))
            case .refused(let refusal): result.put(.failure(ServingError(status: 503, refusal.description)))
            }
        }
        answer(job) { job in
            switch run(job.inference) {
            case .success(let tensors): job.complete(.served(tensors))
            case .failure(let error): job.complete(.failed(error))
            }
        }
        return result.take()
    }
}

extension Dispatcher {
    /// Submits a job whose answer its model does not keep; see `Predictions`.
    ///
    /// - Returns: what to cancel it by; nil for a job that cannot be, as its answer is kept and others may wait for it.
    @discardableResult
    package func submitUnlessKnown(_ job: Job) -> UInt64? {
        guard let predictions = job.inference.model.predictions else { return submit(job) }
        predictions.answer(job) { [self] in submit($0) }
        return nil
    }
}

extension Dispatcher.Job {
    fileprivate func completing(_ complete: @escaping Dispatcher.Completion) -> Dispatcher.Job {
        Dispatcher.Job(
            inference,
            arrival: arrival,
            deadline: deadline,
            priority: priority,
            complete: complete
        )
    }
}
