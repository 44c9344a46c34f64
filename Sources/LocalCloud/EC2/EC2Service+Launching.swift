import Planning
import Seeded
import Wire

extension EC2Service {
    /// One pool that a launch may use, with what the request calls it.
    struct Candidate {
        let type: InstanceType
        let subnet: Subnet
        let priority: Double?
        let priceMax: Double?
        /// The override and the template that it came from, for the answer.
        let override: Parameters
        let template: Parameters
    }

    struct Refusal {
        let code: String
        let message: String
        let candidate: Candidate?
        let market: Market
    }

    /// How a launch's instances are to be.
    struct Order {
        let reservation: String
        let image: String
        let token: String?
        let tags: [String: String]
    }

    // MARK: RunInstances

    func order(_ request: Parameters, _ data: Parameters, reservation: String) -> Order {
        Order(
            reservation: reservation,
            image: request.string("ImageId") ?? data.string("ImageId") ?? "ami-0c0ffee0000000001",
            token: request.string("ClientToken"),
            tags: Self.tags(data, for: "instance").merging(Self.tags(request, for: "instance")) { $1 }
        )
    }

    mutating func runInstances(_ request: Parameters, _ now: WallClock) throws(ServiceFailure) -> JSON {
        let data =
            request["LaunchTemplate"].tree == .null
            ? Parameters([:]) : try templateData(request["LaunchTemplate"])
        guard let minimum = try request.integer("MinCount", 1...1000),
            let maximum = try request.integer("MaxCount", 1...1000)
        else {
            throw ServiceFailure(
                "MissingParameter",
                "The request must contain the parameters MinCount and MaxCount"
            )
        }
        guard minimum <= maximum else {
            throw ServiceFailure(
                "InvalidParameterCombination",
                "MinCount \(minimum) is more than MaxCount \(maximum)"
            )
        }
        let options =
            request["InstanceMarketOptions"].tree == .null
            ? data["InstanceMarketOptions"] : request["InstanceMarketOptions"]
        let market: Market = options.string("MarketType") == "spot" ? .spot : .onDemand
        guard let typeName = request.string("InstanceType") ?? data.string("InstanceType") else {
            throw ServiceFailure("MissingParameter", "The request must contain the parameter InstanceType")
        }
        let override = Parameters([
            "InstanceType": .string(typeName),
            "SubnetId": .string(request.string("SubnetId") ?? data.string("SubnetId") ?? ""),
            "AvailabilityZone": .string(request["Placement"].string("AvailabilityZone") ?? ""),
            "MaxPrice": .string(options["SpotOptions"].string("MaxPrice") ?? ""),
        ])
        let candidates: [Candidate]
        switch self.candidates(override, template: Parameters([:])) {
        case .success(let found): candidates = found
        case .failure(let refusal): throw refusal
        }
        // Without a zone EC2 chooses one that has enough.
        let pools = candidates.filter { free($0, market) >= minimum }
        guard let pool = pools.max(by: { free($0, market) < free($1, market) }) ?? candidates.first else {
            throw ServiceFailure("InvalidParameterValue", "no subnet is in the zone that was asked for")
        }
        if let refusal = refusal(pool, market, count: minimum, now) {
            throw ServiceFailure(
                refusal.code,
                refusal.message,
                status: refusal.code == "InsufficientInstanceCapacity" ? 500 : 400
            )
        }
        let order = order(request, data, reservation: identifier("r"))
        var launched: [CloudInstance] = []
        while launched.count < maximum, refusal(pool, market, count: 1, now) == nil {
            launched.append(launch(pool, market, order, now))
        }
        return reservation(order.reservation, launched)
    }

    // MARK: CreateFleet

    mutating func createFleet(_ request: Parameters, _ now: WallClock) throws(ServiceFailure) -> JSON {
        guard try request.choice("Type", ["instant"], default: "maintain") == "instant" else { return [:] }
        let target = request["TargetCapacitySpecification"]
        guard let total = try target.integer("TotalTargetCapacity", 0...1000) else {
            throw ServiceFailure(
                "MissingParameter",
                "The request must contain the parameter TotalTargetCapacity"
            )
        }
        let isSpot =
            try target.choice("DefaultTargetCapacityType", ["spot", "on-demand"], default: "on-demand")
            == "spot"
        let spot = try target.integer("SpotTargetCapacity", 0...total) ?? 0
        let onDemand = try target.integer("OnDemandTargetCapacity", 0...total) ?? 0
        guard spot + onDemand <= total else {
            throw ServiceFailure(
                "InvalidTargetCapacitySpecification",
                "the capacities \(spot) and \(onDemand) are more than their total \(total)"
            )
        }
        let rest = total - spot - onDemand
        let fleet = identifier("fleet")
        var (candidates, refusals, data) = ([Candidate](), [Refusal](), Parameters([:]))
        for configuration in request["LaunchTemplateConfigs"].list {
            let template = configuration["LaunchTemplateSpecification"]
            data = try templateData(template)
            let overrides = configuration["Overrides"].list
            for override in overrides.isEmpty ? [data] : overrides {
                switch self.candidates(override, template: template) {
                case .success(let found): candidates += found
                case .failure(let failure):
                    let candidate = Candidate(override, template: template, subnets[0], catalogue.types[0])
                    refusals.append(
                        Refusal(
                            code: failure.code,
                            message: failure.message,
                            candidate: candidate,
                            market: isSpot ? .spot : .onDemand
                        )
                    )
                }
            }
        }
        let order = order(request, data, reservation: identifier("r"))
        var launched: [(Candidate, CloudInstance)] = []
        for (market, count) in [
            (Market.onDemand, onDemand + (isSpot ? 0 : rest)), (.spot, spot + (isSpot ? rest : 0)),
        ] {
            let ranked = try rank(candidates, market, request, now)
            launched += fill(count, ranked, market, order, now, &refusals)
        }
        return fleetAnswer(fleet, launched, refusals)
    }

    /// Launches from one pool after another until there are enough; what a pool refuses is noted.
    private mutating func fill(
        _ count: Int,
        _ candidates: [Candidate],
        _ market: Market,
        _ order: Order,
        _ now: WallClock,
        _ refusals: inout [Refusal]
    ) -> [(Candidate, CloudInstance)] {
        var launched: [(Candidate, CloudInstance)] = []
        for candidate in candidates {
            while launched.count < count {
                if let refusal = refusal(candidate, market, count: 1, now) {
                    refusals.append(refusal)
                    break
                }
                launched.append((candidate, launch(candidate, market, order, now)))
            }
        }
        return launched
    }

    /// Pools in the order in which a strategy uses them.
    private func rank(
        _ candidates: [Candidate],
        _ market: Market,
        _ request: Parameters,
        _ now: WallClock
    ) throws(ServiceFailure) -> [Candidate] {
        let options = request[market == .spot ? "SpotOptions" : "OnDemandOptions"]
        let strategy =
            market == .spot
            ? try options.choice(
                "AllocationStrategy",
                ["price-capacity-optimized", "capacity-optimized", "lowest-price"],
                default: "lowest-price"
            )
            : try options.choice(
                "AllocationStrategy",
                ["lowest-price", "prioritized"],
                default: "lowest-price"
            )
        /// A pool that is more than half empty counts as available: the fuller ones are likelier to be taken back.
        func isScarce(_ candidate: Candidate) -> Bool {
            strategy.hasSuffix("capacity-optimized") && 2 * free(candidate, market) <= settings.poolDepth
        }
        let keyed = candidates.enumerated().map { position, candidate in
            (
                isScarce(candidate) ? 1 : 0, strategy == "prioritized" ? candidate.priority ?? .infinity : 0,
                price(candidate, market, now)?.amount ?? .infinity, position
            )
        }
        return keyed.sorted { $0 < $1 }.map { candidates[$0.3] }
    }

    // MARK: Pools

    /// The pools that an override stands for: one for each subnet that it allows.
    private func candidates(_ override: Parameters, template: Parameters) -> Result<
        [Candidate], ServiceFailure
    > {
        guard let name = override.string("InstanceType"), let type = catalogue[name] else {
            let name = override.string("InstanceType") ?? ""
            return .failure(
                ServiceFailure(
                    "InvalidParameterValue",
                    "Invalid value '\(cropped(name, to: 40))' for InstanceType."
                )
            )
        }
        if let id = override.string("SubnetId"), !subnets.contains(where: { $0.id == id }) {
            return .failure(
                ServiceFailure(
                    "InvalidSubnetID.NotFound",
                    "The subnet ID '\(cropped(id, to: 40))' does not exist"
                )
            )
        }
        let allowed = subnets.filter { subnet in
            override.string("SubnetId").map { $0 == subnet.id } ?? true
                && override.string("AvailabilityZone").map { $0 == subnet.zone } ?? true
        }
        guard !allowed.isEmpty else {
            return .failure(
                ServiceFailure(
                    "InvalidParameterValue",
                    "Invalid availability zone: [\(override.string("AvailabilityZone") ?? "")]"
                )
            )
        }
        return .success(allowed.map { Candidate(override, template: template, $0, type) })
    }

    private func price(_ candidate: Candidate, _ market: Market, _ now: WallClock) -> DollarsPerHour? {
        market == .spot
            ? self.market.price(of: candidate.type, in: candidate.subnet.zone, at: now)
            : candidate.type.onDemand
    }

    /// How many instances a pool still has.
    private func free(_ candidate: Candidate, _ market: Market) -> Int {
        let pool = PoolKey(type: candidate.type.name, zone: candidate.subnet.zone, market: market)
        guard closed[pool] == nil else { return 0 }
        let taken = instances.values.count {
            $0.isLive && $0.type.name == pool.type && $0.zone == pool.zone && $0.market == market
        }
        return max(0, settings.poolDepth - taken)
    }

    /// Why a pool does not give so many instances now; nil when it does.
    private func refusal(_ pool: Candidate, _ market: Market, count: Int, _ now: WallClock) -> Refusal? {
        func refusal(_ code: String, _ message: String) -> Refusal {
            Refusal(code: code, message: message, candidate: pool, market: market)
        }
        let (type, zone) = (pool.type.name, pool.subnet.zone)
        if market == .spot {
            guard let price = price(pool, .spot, now) else {
                return refusal("UnfulfillableCapacity", "\(type) is not sold as spot")
            }
            if let most = pool.priceMax, most < price.amount {
                return refusal(
                    "SpotMaxPriceTooLow",
                    "Your Spot request price of \(most) is lower than the minimum required Spot request fulfillment price of \(price.amount)."
                )
            }
        }
        let used = instances.values.filter { $0.isLive && $0.market == market }.reduce(0) {
            $0 + $1.type.vCPUs
        }
        if used + count * pool.type.vCPUs > settings.virtualCPUs {
            return market == .spot
                ? refusal("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
                : refusal(
                    "VcpuLimitExceeded",
                    "You have requested more vCPU capacity than your current vCPU limit of \(settings.virtualCPUs) allows."
                )
        }
        guard free(pool, market) < count else { return nil }
        return refusal(
            "InsufficientInstanceCapacity",
            market == .spot
                ? "There is no Spot capacity available that matches your request."
                : "We currently do not have sufficient \(type) capacity in the Availability Zone you requested (\(zone))."
        )
    }

    private mutating func launch(_ pool: Candidate, _ market: Market, _ order: Order, _ now: WallClock)
        -> CloudInstance
    {
        let instance = CloudInstance(
            id: identifier("i"),
            reservation: order.reservation,
            type: pool.type,
            market: market,
            subnet: pool.subnet,
            address: "10.0.\(subnets.firstIndex(of: pool.subnet) ?? 0).\(10 + chance.below(240))",
            image: order.image,
            clientToken: order.token,
            launched: now,
            tags: order.tags,
            process: .waiting(until: now + settings.boot)
        )
        instances[instance.id] = instance
        actions.append(.notify(.stateChange(instance: instance.id, state: "pending")))
        return instance
    }
}

extension EC2Service.Candidate {
    fileprivate init(_ override: Parameters, template: Parameters, _ subnet: Subnet, _ type: InstanceType) {
        self.init(
            type: type,
            subnet: subnet,
            priority: override.string("Priority").flatMap(Double.init),
            priceMax: override.string("MaxPrice").flatMap(Double.init),
            override: override,
            template: template
        )
    }
}
