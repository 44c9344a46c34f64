import ONNX
import Serving
import Synchronization
import TestKit
import Testing
import Wire

@Suite struct `A model repository` {
    private let workshop: Workshop
    init() throws { workshop = try Workshop() }

    private func versions(_ repository: ModelRepository) throws -> [String] {
        try repository.versions(of: "sums").map(\.version)
    }

    private static func answer(_ repository: ModelRepository, _ request: JSON, id: String? = nil) -> JSON? {
        let service = InferenceService { () throws(ServingError) in repository }
        let answer = service.respond(
            to: HTTPRequest(
                method: "POST",
                path: "/v2/models/sums/infer",
                headers: HTTPHeaders(id.map { [.init("x-request-id", $0)] } ?? []),
                body: request.encoded()[...]
            )
        )
        return (try? JSON(parsing: answer.body))?["model_version"]
    }

    private static func request(id: String? = nil) -> JSON {
        let inputs = ["a", "b"].map { name -> JSON in
            ["name": .string(name), "datatype": "FP32", "shape": [1, 3], "data": [1, 1, 1]]
        }
        return .object([.init("inputs", .array(inputs))] + (id.map { [.init("id", .string($0))] } ?? []))
    }

    // MARK: Policy

    @Test func `serves what the policy selects, and says why not the others`() throws {
        for version in ["1", "2", "10"] { workshop.put(version) }
        try workshop.write(#"{"version_policy": {"specific": [2, 3]}}"#, to: "sums/config.json")
        let repository = try workshop.open()
        #expect(try versions(repository) == ["2"])
        #expect(repository.refused.map(\.version) == ["1", "3", "10"])
        #expect(repository.refused[1].reason.contains("is missing"))
        let error = #expect(throws: ServingError.self) { try repository.model("sums", version: "10") }
        #expect(error?.description.contains("not selected by version_policy") == true)
    }

    @Test func `says when the policy selects nothing`() throws {
        workshop.put("1")
        try workshop.write(#"{"version_policy": {"specific": [7]}}"#, to: "sums/config.json")
        #expect(try workshop.open().unusable[0].reason.contains("there are 1"))
    }

    // MARK: Changes

    @Test func `makes a new version ready before it gets traffic`() throws {
        workshop.put("1")
        let prepared = Mutex<[String]>([])
        let changed = Mutex<[[String]]>([])
        var effects = ModelRepository.Effects()
        effects.prepare = { (model) throws(ServingError) in
            _ = try model.session()
            prepared.withLock { $0.append(model.version) }
        }
        effects.changed = { models in changed.withLock { $0.append(models.map(\.version)) } }
        let repository = try workshop.open(effects)
        let old = try repository.model("sums", version: "1")
        workshop.put("2")
        try repository.load("sums")
        #expect(prepared.withLock { $0 } == ["2"])
        #expect(changed.withLock { $0 } == [["1", "2"]])
        #expect(try repository.model("sums", version: nil).version == "2")
        #expect(try repository.model("sums", version: "1") === old, "what did not change stays as it is")
    }

    @Test func `goes on with the old version when the new one is broken, until that is mended`() throws {
        workshop.put("1")
        try workshop.write(#"{"version_policy": {"latest": {"count": 1}}}"#, to: "sums/config.json")
        let repository = try workshop.open()
        _ = try repository.model("sums", version: nil).session()
        try workshop.putBroken("2")
        let error = #expect(throws: ServingError.self) { try repository.load("sums") }
        #expect(error?.description.contains("version 2 of model 'sums' is not served") == true)
        #expect(error?.description.contains("goes on with 1") == true)
        #expect(try versions(repository) == ["1"])
        #expect(repository.refused.map(\.version).contains("2"))
        workshop.put("10")
        try repository.load("sums")
        #expect(try versions(repository) == ["10"])
    }

    @Test func `goes on with what serves when its folder or its configuration becomes useless`() throws {
        workshop.put("1")
        let repository = try workshop.open()
        try workshop.write(#"{"version_polices": "all"}"#, to: "sums/config.json")
        #expect(throws: ServingError.self) { try repository.load("sums") }
        #expect(try versions(repository) == ["1"])
        #expect(repository.refused.contains { $0.version.isEmpty && $0.reason.contains("did you mean") })
        #expect(repository.unusable.isEmpty)
    }

    @Test func `follows what is seen of the folder, but not for a model that a caller took out`() throws {
        workshop.put("1")
        let repository = try workshop.open()
        workshop.put("2")
        #expect(repository.follow(.load("sums")) == "Serving sums 1, 2 from here on")
        workshop.take("1")
        #expect(repository.follow(.load("sums")) == "Serving sums 2 from here on")
        try repository.unload("sums")
        #expect(repository.follow(.load("sums")) == nil)
        #expect(throws: ServingError.self) { try repository.versions(of: "sums") }
        try repository.load("sums")
        #expect(try versions(repository) == ["2"])
        #expect(repository.follow(.remove("sums"))?.contains("is gone") == true)
        #expect(throws: ServingError.self) { try repository.versions(of: "sums") }
    }

    @Test func `lets a version that cannot be loaded stand in nobody's way`() throws {
        workshop.put("1")
        try workshop.putBroken("2")
        let repository = try workshop.open()
        #expect(throws: ServingError.self) { try repository.model("sums", version: nil).session() }
        #expect(try repository.model("sums", version: nil).version == "1", "from the second request on")
        repository.dropFailed()
        #expect(try versions(repository) == ["1"])
        #expect(repository.refused.map(\.version) == ["2"])
    }

    @Test func `changes the canary's share without loading anything again`() throws {
        workshop.put("1")
        workshop.put("2")
        let repository = try workshop.open()
        let before = try repository.versions(of: "sums")
        try workshop.write(#"{"canary": {"version": "2", "percent": 50}}"#, to: "sums/config.json")
        try repository.load("sums")
        let after = try repository.versions(of: "sums")
        #expect(zip(before, after).allSatisfy { $0 === $1 })
        #expect(try repository.model("sums", version: nil).version == "1")
    }

    // MARK: Canary

    @Test func `splits requests by their id, in the header or in the body, and others one by one`() throws {
        workshop.put("1")
        workshop.put("2")
        try workshop.write(#"{"canary": {"version": 2, "percent": 25}}"#, to: "sums/config.json")
        let repository = try workshop.open()
        let ids = (0..<200).map { "user-\($0)" }
        let byHeader = ids.map { Self.answer(repository, Self.request(id: "other"), id: $0) }
        #expect(byHeader == ids.map { Self.answer(repository, Self.request(id: $0)) })
        let rule = Canary(version: "2", percent: 25)
        #expect(byHeader == ids.map { rule.takes(Canary.ticket(id: $0)) ? "2" : "1" })
        let counted = (0..<100).map { _ in Self.answer(repository, Self.request()) }
        #expect((23...27).contains(counted.count { $0 == "2" }))
        #expect(counted.allSatisfy { $0 == "1" || $0 == "2" })
    }

    @Test func `serves without the canary while it is broken`() throws {
        workshop.put("1")
        try workshop.putBroken("2")
        try workshop.write(#"{"canary": {"version": "2", "percent": 100}}"#, to: "sums/config.json")
        let repository = try workshop.open()
        repository.preloadConfigured()
        _ = try? repository.model("sums", version: "2").session()
        #expect(Self.answer(repository, Self.request()) == "1")
    }
}
