import AWS
import Backend
import CURL
import Synchronization
import Testing

/// Instance metadata of a test, and what was asked of it.
private final class Metadata: Sendable {
    let asked = Mutex<[String]>([])
    private let values: [String: String]?

    /// - Parameter values: by path; nil for metadata that does not answer.
    init(_ values: [String: String]?) { self.values = values }

    var instance: InstanceMetadata {
        InstanceMetadata(endpoint: "http://imds") { [self] request async throws(CURLError) in
            guard let values else { throw .timeout(url: request.url, after: .seconds(2)) }
            if request.method == "PUT" {
                return CURLResponse(status: 200, headers: [], body: Array("t".utf8))
            }
            let path = String(request.url.dropFirst("http://imds/latest/meta-data/".count))
            asked.withLock { $0.append(path) }
            guard let value = values[path] else { return CURLResponse(status: 404, headers: [], body: []) }
            return CURLResponse(status: 200, headers: [], body: Array(value.utf8))
        }
    }
}

@Suite struct `A machine's identity` {
    @Test func `comes from the metadata`() async throws {
        let metadata = Metadata([
            "instance-id": "i-1", "local-ipv4": "10.0.0.7", "instance-type": "c7g.large",
            "instance-life-cycle": "spot", "placement/availability-zone": "eu-central-1a",
        ])
        let machine = try await MachineIdentity(.init(), metadata.instance)
        #expect(machine.id == "i-1" && machine.address == "10.0.0.7" && machine.type == "c7g.large")
        #expect(machine.market == "spot" && machine.zone == "eu-central-1a")
    }

    @Test func `takes the IPv6 address where there is no other`() async throws {
        let machine = try await MachineIdentity(
            .init(),
            Metadata(["instance-id": "i-1", "ipv6": "2001:db8::7"]).instance
        )
        #expect(machine.address == "2001:db8::7")
        #expect(machine.market == "on-demand" && machine.type == "unknown" && machine.zone == "unknown")
    }

    @Test func `is what was given, without asking`() async throws {
        let metadata = Metadata(["instance-id": "i-1", "local-ipv4": "10.0.0.7"])
        var given = MachineIdentity.Given()
        (given.id, given.address, given.type, given.market, given.zone) = ("a", "b", "c", "spot", "e")
        let machine = try await MachineIdentity(given, metadata.instance)
        #expect(machine.id == "a" && machine.address == "b" && machine.type == "c" && machine.zone == "e")
        #expect(metadata.asked.withLock { $0 } == [])
    }

    private static func refusal(_ given: MachineIdentity.Given, _ metadata: Metadata) async -> String? {
        do throws(UnknownMachine) {
            _ = try await MachineIdentity(given, metadata.instance)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `names the option for what nobody knows`() async throws {
        let silent = try #require(await Self.refusal(.init(), Metadata(nil)))
        #expect(silent.contains("--instance-id") && silent.contains("does not answer"))
        var given = MachineIdentity.Given()
        given.id = "a"
        let empty = try #require(await Self.refusal(given, Metadata([:])))
        #expect(empty.contains("--address") && empty.contains("has none"))
    }
}
