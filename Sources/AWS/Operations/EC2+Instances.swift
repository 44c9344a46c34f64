package import Wire

extension EC2 {
    /// An instance as far as the fleet's owner cares.
    package struct Instance: Equatable, Sendable {
        package enum State: String, Sendable {
            case pending, running
            case shuttingDown = "shutting-down"
            case terminated, stopping, stopped
        }

        package let id: String
        package let state: State
        package let instanceType: String
        package let market: Market
        package let zone: String?
        package let privateAddress: String?
        package let launched: WallClock
        /// AWS's code for why it is no longer running, `Server.SpotInstanceTermination` say.
        package let stateReason: String?
        package let tags: [Tag]

        package init(
            id: String,
            state: State,
            instanceType: String,
            market: Market,
            zone: String?,
            launched: WallClock,
            stateReason: String? = nil
        ) {
            (self.id, self.state, self.instanceType) = (id, state, instanceType)
            (self.market, self.zone, self.launched) = (market, zone, launched)
            (privateAddress, self.stateReason, tags) = (nil, stateReason, [])
        }

        init(_ item: Field) throws(MalformedAnswer) {
            id = try item["instanceId"].string()
            let name = try item["instanceState"]["name"].string()
            guard let state = State(rawValue: name) else {
                throw MalformedAnswer(reason: "the state of \(id) is '\(name)', which is unknown")
            }
            self.state = state
            instanceType = try item["instanceType"].string()
            market = item["instanceLifecycle"].text.flatMap(Market.init) ?? .onDemand
            zone = item["placement"]["availabilityZone"].text
            privateAddress = item["privateIpAddress"].text
            launched = try item["launchTime"].time()
            stateReason = item["stateReason"]["code"].text
            tags = try item["tagSet"].list { tag throws(MalformedAnswer) in
                Tag(try tag["key"].string(), tag["value"].text ?? "")
            }
        }

        package func tag(_ key: String) -> String? { tags.first { $0.key == key }?.value }
    }

    /// Instances that meet all filters, those that ended within the last hour among them.
    package static func describeInstances(filters: [Filter]) -> Call<[Instance]> {
        Call(
            .ec2,
            "DescribeInstances",
            ["Filter": .array(filters.map(\.json)), "MaxResults": 1000],
            read: instances
        )
        .paged(by: "nextToken", "NextToken")
    }

    /// Instances by their ids; an unknown one fails the call as `.notYetVisible`.
    package static func describeInstances(ids: [String]) -> Call<[Instance]> {
        Call(.ec2, "DescribeInstances", ["InstanceId": .strings(ids)], read: instances)
            .paged(by: "nextToken", "NextToken")
    }

    private static func instances(_ answer: Field) throws(MalformedAnswer) -> [Instance] {
        var instances: [Instance] = []
        for reservation in answer["reservationSet"].items {
            for item in reservation["instancesSet"].items { instances.append(try Instance(item)) }
        }
        return instances
    }

    package struct Subnet: Equatable, Sendable {
        package let id: String
        package let zone: String
    }

    /// Where instances can be put.
    package static func describeSubnets(_ ids: [String]) -> Call<[Subnet]> {
        Call(.ec2, "DescribeSubnets", ["SubnetId": .strings(ids)]) { answer throws(MalformedAnswer) in
            try answer["subnetSet"].list { item throws(MalformedAnswer) in
                Subnet(
                    id: try item["subnetId"].string(),
                    zone: try item["availabilityZone"].string()
                )
            }
        }.paged(by: "nextToken", "NextToken")
    }

    package struct StateChange: Equatable, Sendable {
        package let id: String
        package let from: String
        package let to: String
    }

    /// Ends instances; ending them again changes nothing.
    package static func terminateInstances(_ ids: [String]) -> Call<[StateChange]> {
        Call(.ec2, "TerminateInstances", ["InstanceId": .strings(ids)], effect: .idempotent) {
            answer throws(MalformedAnswer) in
            try answer["instancesSet"].list { item throws(MalformedAnswer) in
                StateChange(
                    id: try item["instanceId"].string(),
                    from: try item["previousState"]["name"].string(),
                    to: try item["currentState"]["name"].string()
                )
            }
        }
    }
}
