import ArgumentParser
import Backend
import Planning

struct FleetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Table of a stack: be registered there, beat every 2 s, take its tokens, and drain when its controller says so.",
            valueName: "table"
        )
    )
    var register: String?

    @Option(help: "Id in the table. Default: the EC2 instance's.")
    var instanceId: String?

    @Option(help: "Address that routers reach. Default: the EC2 instance's private one.")
    var address: String?

    @Option(help: "Availability zone. Default: the EC2 instance's.")
    var zone: String?

    @Option(help: "How the machine was bought: on-demand or spot. Default: as EC2 says.")
    var market: String?

    @Option(
        help: ArgumentHelp(
            "End with exit code 75, give the machine back, when for so long no heartbeat was acknowledged and no request served.",
            valueName: "seconds"
        )
    )
    var giveUpAfter = 900.0

    func validate() throws {
        guard (1...604_800).contains(giveUpAfter) else {
            throw ValidationError("--give-up-after is \(giveUpAfter); expected 1 to 604800 seconds")
        }
        if let market, Market(rawValue: market) == nil {
            throw ValidationError("--market is '\(market)'; expected on-demand or spot")
        }
        let others = [
            ("instance-id", instanceId), ("address", address), ("zone", zone), ("market", market),
        ]
        if register == nil, let (name, _) = others.first(where: { $0.1 != nil }) {
            throw ValidationError("--\(name) is only told to a table; name one with --register")
        }
    }

    /// - Parameter type: of this machine, where it is known.
    func given(type: String?) -> MachineIdentity.Given {
        var given = MachineIdentity.Given()
        (given.id, given.address, given.type) = (instanceId, address, type)
        (given.market, given.zone) = (market, zone)
        return given
    }
}
