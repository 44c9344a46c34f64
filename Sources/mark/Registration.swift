import AWS
import Backend
import CURL
import Fleet

extension FleetMember {
    /// The member that the options ask for; nil without `--register`.
    ///
    /// - Parameter pin: of the TLS key.
    static func make(_ options: Serve, pin: String?) async throws -> FleetMember? {
        guard let table = options.fleet.register else { return nil }
        // A heartbeat and a reading of the token, and what the credentials need.
        let http = try Self.http()
        let client = try await AWSAccess.client(http)
        let given = options.fleet.given(type: options.batching.machine ?? Machine.instanceType)
        let machine: MachineIdentity
        do { machine = try await MachineIdentity(given, AWSAccess.metadata(http)) } catch {
            throw CommandFailure("cannot register: \(error)")
        }
        let settings = Settings(
            table: FleetTable(table),
            machine: machine,
            pin: pin,
            build: Terminal.variable("MARK_BUILD") ?? "development",
            giveUpAfter: .seconds(options.fleet.giveUpAfter)
        )
        return FleetMember(settings, client, readsToken: options.connections.fixedToken == nil)
    }

    private static func http() throws -> CURLClient {
        do { return try CURLClient(connectionsMax: 8) } catch {
            throw CommandFailure("cannot register: \(error)")
        }
    }
}
