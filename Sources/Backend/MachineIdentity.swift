package import AWS
import CURL

/// Which machine this is, for the registry.
package struct MachineIdentity: Equatable, Sendable {
    package let id: String
    /// An address that routers reach.
    package let address: String
    package let type: String
    /// `spot` or `on-demand`.
    package let market: String
    package let zone: String

    /// What is known without asking the instance's metadata; nil for what is not.
    package struct Given: Equatable, Sendable {
        package var id: String?
        package var address: String?
        package var type: String?
        package var market: String?
        package var zone: String?

        package init() {}
    }

    /// Asks the metadata for what is not given.
    ///
    /// - Throws: when neither knows the id or the address; the rest is no more than useful, and `unknown` then.
    package init(_ given: Given, _ metadata: InstanceMetadata) async throws(UnknownMachine) {
        var silence: CURLError?
        func value(_ given: String?, _ path: String) async -> String? {
            // One that does not answer is not asked again: each time takes seconds.
            guard given == nil, silence == nil else { return given }
            do throws(CURLError) { return try await metadata.value(path) } catch {
                silence = error
                return nil
            }
        }
        let id = await value(given.id, "instance-id")
        // A subnet of IPv6 alone gives no other address.
        let address =
            if let found = await value(given.address, "local-ipv4") { found } else {
                await value(nil, "ipv6")
            }
        type = await value(given.type, "instance-type") ?? "unknown"
        market = await value(given.market, "instance-life-cycle") ?? "on-demand"
        zone = await value(given.zone, "placement/availability-zone") ?? "unknown"
        guard let id else { throw UnknownMachine(what: "id", option: "--instance-id", reason: silence) }
        guard let address else {
            throw UnknownMachine(what: "address", option: "--address", reason: silence)
        }
        (self.id, self.address) = (id, address)
    }
}

/// Why a machine cannot register.
package struct UnknownMachine: Error, Equatable, CustomStringConvertible {
    let what: String
    let option: String
    let reason: CURLError?

    package var description: String {
        "the machine's \(what) is unknown, as the instance metadata "
            + (reason.map { "does not answer (\($0))" } ?? "has none") + "; give \(option)"
    }
}
