import Batching
import ONNX
import Wire

/// The calls that Triton's tools make beside the protocol's: a model's configuration and its statistics (Triton's model
/// configuration and statistics extensions).
extension InferenceService {
    func configuration(_ name: String, _ version: String?) throws(ServingError) -> JSON {
        let repository = try repository()
        let model = try repository.model(name, version: version)
        let session = try model.session()
        let versionPolicy = try repository.served(name).configuration.versionPolicy
        let policy = report?(model)?.policy
        let sizeMax = session.isBatchable ? policy?.sizeCap ?? 1 : 0
        var configuration: [JSON.Member] = [
            .init("name", .string(model.name)), .init("platform", "onnxruntime_onnx"),
            .init("backend", "onnxruntime"),
            .init("version_policy", versionPolicy.json),
            .init("max_batch_size", .integer(Int64(sizeMax))),
            .init("input", .array(session.inputs.map { $0.configuration(withoutBatch: sizeMax > 0) })),
            .init("output", .array(session.outputs.map { $0.configuration(withoutBatch: sizeMax > 0) })),
            .init(
                "instance_group",
                [
                    [
                        "name": .string(name), "kind": "KIND_CPU",
                        "count": .integer(Int64(policy?.executors ?? 1)),
                    ]
                ]
            ),
            .init("default_model_filename", "model.onnx"),
        ]
        if let policy, policy.sizeCap > 1 {
            // How long a request may wait at most: until its last safe start.
            let wait = (policy.slo - policy.margin - policy.profile[1]) / .microseconds(1)
            configuration.append(
                .init(
                    "dynamic_batching",
                    [
                        "preferred_batch_size": [.integer(Int64(policy.sizeCap))],
                        "max_queue_delay_microseconds": .integer(Int64(wait)),
                    ]
                )
            )
        }
        return .object(configuration)
    }

    /// Statistics of one model, or of all those that have been asked for anything.
    func statistics(_ name: String?, _ version: String?) throws(ServingError) -> JSON {
        guard let report else {
            throw .notFound("statistics are kept by `mark serve`; a function has too many processes for them")
        }
        let repository = try repository()
        let models: [Model]
        if let name {
            models =
                version == nil
                ? try repository.versions(of: name) : [try repository.model(name, version: version)]
        } else {
            models = repository.all
        }
        return ["model_stats": .array(models.map { statistics($0, report($0)) })]
    }

    private func statistics(_ model: Model, _ report: DispatchReport?) -> JSON {
        let metrics = report?.metrics ?? DispatchMetrics()
        let runs = metrics.sizes.sorted { $0.key < $1.key }
        let rows = runs.reduce(0) { $0 + $1.key * $1.value.count }
        let requests = runs.reduce(0) { $0 + $1.value.requests }
        let wait = metrics.queueDelay.sum
        let cache = model.predictions?.report ?? Predictions.Report()
        return [
            "name": .string(model.name), "version": .string(model.version),
            "inference_count": .integer(Int64(rows)),
            "execution_count": .integer(Int64(runs.reduce(0) { $0 + $1.value.count })),
            "inference_stats": [
                "success": Self.duration(requests, wait + metrics.requestTime),
                "fail": Self.duration(metrics.failed, .zero),
                "queue": Self.duration(requests, wait),
                "compute_infer": Self.duration(requests, metrics.requestTime),
                "cache_hit": Self.duration(cache.hits + cache.shared, .zero),
                "cache_miss": Self.duration(cache.misses, .zero),
            ],
            "batch_stats": .array(
                runs.map { size, runs in
                    [
                        "batch_size": .integer(Int64(size)),
                        "compute_infer": Self.duration(runs.count, runs.time),
                    ]
                }
            ),
        ]
    }

    private static func duration(_ count: Int, _ time: Duration) -> JSON {
        ["count": .integer(Int64(count)), "ns": .integer(Int64(time / .nanoseconds(1)))]
    }
}

extension TensorSpecification {
    /// An input or output in Triton's model configuration, where the batch axis is understood.
    fileprivate func configuration(withoutBatch: Bool) -> JSON {
        let dims = withoutBatch ? shape.dropFirst() : shape[...]
        return [
            "name": .string(name),
            "data_type": .string("TYPE_" + (type == .bytes ? "STRING" : type.rawValue)),
            "dims": .array(dims.map { .integer(Int64($0)) }),
        ]
    }
}
