import ONNX
import Wire

/// The calls that describe: server, models, repository.
extension InferenceService {
    var serverMetadata: JSON {
        [
            "name": .string(Self.serverName), "version": .string(Self.serverVersion),
            "extensions": .array(Self.extensions.map { .string($0) }),
        ]
    }

    /// Throws unless every model of the repository can be served as far as is known.
    func checkReady() throws(ServingError) {
        let repository = try repository()
        let reasons = repository.unusable.map(\.reason) + repository.all.compactMap(\.failure)
        guard reasons.isEmpty else {
            throw ServingError(status: 503, "not ready: \(reasons.joined(separator: "; "))")
        }
    }

    func metadata(_ name: String, _ version: String?) throws(ServingError) -> JSON {
        let repository = try repository()
        let model = try repository.model(name, version: version)
        let session = try model.session()
        var metadata: [JSON.Member] = [
            .init("name", .string(model.name)),
            .init("versions", .array(try repository.versions(of: name).map { .string($0.version) })),
            .init("platform", "onnxruntime_onnx"),
            .init("inputs", .array(session.inputs.map(\.json))),
            .init("outputs", .array(session.outputs.map(\.json))),
        ]
        var parameters: [JSON.Member] = []
        // Says to clients that this input takes encoded pictures as BYTES as well.
        if let preprocess = model.configuration.preprocess,
            let input = preprocess.input ?? session.inputs.first?.name
        {
            parameters.append(.init("pictures", .string(input)))
        }
        parameters += try repository.served(name).parameters
        if !parameters.isEmpty { metadata.append(.init("parameters", .object(parameters))) }
        return .object(metadata)
    }

    /// Every version, ready unless it failed: models are loaded by the first request that needs them.
    func index() throws(ServingError) -> JSON {
        let repository = try repository()
        let models = repository.all.map { model -> JSON in
            [
                "name": .string(model.name), "version": .string(model.version),
                "state": model.failure == nil ? "READY" : "UNAVAILABLE",
                "reason": .string(model.failure ?? ""),
            ]
        }
        let refused = repository.refused.map { refused -> JSON in
            [
                "name": .string(refused.name), "version": .string(refused.version), "state": "UNAVAILABLE",
                "reason": .string(refused.reason),
            ]
        }
        let unusable = repository.unusable.map { folder -> JSON in
            [
                "name": .string(folder.name), "version": "", "state": "UNAVAILABLE",
                "reason": .string(folder.reason),
            ]
        }
        return .array(models + refused + unusable)
    }
}

extension ModelVersions {
    /// What is said about the choice of versions, where the configuration says anything.
    fileprivate var parameters: [JSON.Member] {
        var members: [JSON.Member] = []
        if configuration.versionPolicy != .all {
            members.append(.init("version_policy", configuration.versionPolicy.json))
        }
        if let canary = configuration.canary {
            members.append(
                .init("canary", ["version": .string(canary.version), "percent": .double(canary.percent)])
            )
        }
        return members
    }
}

extension TensorSpecification {
    fileprivate var json: JSON {
        [
            "name": .string(name), "datatype": .string(type.rawValue),
            "shape": .array(shape.map { .integer(Int64($0)) }),
        ]
    }
}
