import Wire

extension EC2 {
    /// What instances are launched from.
    package struct TemplateVersion: Equatable, Sendable {
        package let id: String
        /// A number, `$Latest` or `$Default`.
        package let version: String

        package init(id: String, version: String) {
            self.id = id
            self.version = version
        }

        var json: JSON { ["LaunchTemplateId": .string(id), "Version": .string(version)] }
    }

    /// One pool that a fleet may take instances from.
    package struct Pool: Equatable, Sendable {
        package let instanceType: String
        package let subnet: String?
        package let zone: String?
        /// On-demand pools are used in this order; nil leaves it to their prices.
        package let priority: Double?

        package init(
            instanceType: String,
            subnet: String? = nil,
            zone: String? = nil,
            priority: Double? = nil
        ) {
            self.instanceType = instanceType
            self.subnet = subnet
            self.zone = zone
            self.priority = priority
        }

        var json: JSON {
            [
                "InstanceType": .string(instanceType), "SubnetId": .optional(subnet),
                "AvailabilityZone": .optional(zone),
                "Priority": priority.map { .double($0) } ?? .null,
            ]
        }
    }

    /// What came of a launch: a good answer may hold instances and errors.
    package struct Launch: Equatable, Sendable {
        package struct Instances: Equatable, Sendable {
            package let ids: [String]
            package let instanceType: String
            package let market: Market
            package let zone: String?
        }

        package struct Failure: Equatable, Sendable {
            package let code: String
            package let message: String
            package let market: Market
            package let instanceType: String?
            package let subnet: String?
            package let zone: String?

            package var kind: FailureKind { FailureKind(code: code) }
        }

        package let instances: [Instances]
        package let failures: [Failure]
    }

    /// Launches instances at once from the best of several pools (CreateFleet, type `instant`): nothing is retried or replaced later.
    ///
    /// Spot instances come from the most available pools first, then the cheapest.
    package static func createFleet(
        _ template: TemplateVersion,
        pools: [Pool],
        spot: Int,
        onDemand: Int,
        tags: [Tag],
        token: IdempotencyToken
    ) -> Call<Launch> {
        Call(
            .ec2,
            "CreateFleet",
            [
                "ClientToken": .string(token.description), "Type": "instant",
                "SpotOptions": [
                    "AllocationStrategy": "price-capacity-optimized",
                    "InstanceInterruptionBehavior": "terminate",
                ],
                "OnDemandOptions": [
                    "AllocationStrategy": pools.contains { $0.priority != nil }
                        ? "prioritized" : "lowest-price"
                ],
                "LaunchTemplateConfigs": [
                    ["LaunchTemplateSpecification": template.json, "Overrides": .array(pools.map(\.json))]
                ],
                "TargetCapacitySpecification": capacity(spot: spot, onDemand: onDemand),
                "TagSpecification": specifications(["instance"], tags),
            ],
            effect: .idempotent
        ) { answer throws(MalformedAnswer) in
            Launch(
                instances: try answer["fleetInstanceSet"].list(instances),
                failures: try answer["errorSet"].list(failure)
            )
        }
    }

    private static func capacity(spot: Int, onDemand: Int) -> JSON {
        [
            "TotalTargetCapacity": .integer(Int64(spot + onDemand)),
            "OnDemandTargetCapacity": .integer(Int64(onDemand)), "SpotTargetCapacity": .integer(Int64(spot)),
            "DefaultTargetCapacityType": spot > 0 ? "spot" : "on-demand",
        ]
    }

    private static func instances(_ item: Field) throws(MalformedAnswer) -> Launch.Instances {
        Launch.Instances(
            ids: try item["instanceIds"].list { id throws(MalformedAnswer) in try id.string() },
            instanceType: try item["instanceType"].string(),
            market: item["lifecycle"].text.flatMap(Market.init) ?? .onDemand,
            zone: item["launchTemplateAndOverrides"]["overrides"]["availabilityZone"].text
        )
    }

    private static func failure(_ item: Field) throws(MalformedAnswer) -> Launch.Failure {
        let pool = item["launchTemplateAndOverrides"]["overrides"]
        return Launch.Failure(
            code: try item["errorCode"].string(),
            message: item["errorMessage"].text ?? "",
            market: item["lifecycle"].text.flatMap(Market.init) ?? .onDemand,
            instanceType: pool["instanceType"].text,
            subnet: pool["subnetId"].text,
            zone: pool["availabilityZone"].text
        )
    }

    /// Launches up to so many instances of one pool.
    package static func runInstances(
        _ template: TemplateVersion,
        pool: Pool,
        market: Market,
        count: ClosedRange<Int>,
        tags: [Tag],
        token: IdempotencyToken
    ) -> Call<[Instance]> {
        Call(
            .ec2,
            "RunInstances",
            [
                "ClientToken": .string(token.description), "LaunchTemplate": template.json,
                "InstanceType": .string(pool.instanceType), "SubnetId": .optional(pool.subnet),
                "Placement": pool.zone.map { ["AvailabilityZone": .string($0)] } ?? .null,
                "MinCount": .integer(Int64(count.lowerBound)), "MaxCount": .integer(Int64(count.upperBound)),
                "InstanceMarketOptions": market == .spot
                    ? [
                        "MarketType": "spot",
                        "SpotOptions": [
                            "SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate",
                        ],
                    ] : .null,
                "TagSpecification": specifications(["instance", "volume"], tags),
            ],
            effect: .idempotent
        ) { answer throws(MalformedAnswer) in
            try answer["instancesSet"].list { item throws(MalformedAnswer) in try Instance(item) }
        }
    }
}
