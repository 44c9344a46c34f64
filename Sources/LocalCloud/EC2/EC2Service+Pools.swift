import Planning
import Wire

/// Where instances may come from.
extension EC2Service {
    /// Pools in the order in which a strategy uses them.
    func rank(
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

    /// The pools that an override stands for: one for each subnet that it allows.
    func candidates(_ override: Parameters, template: Parameters) -> Result<
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
    func free(_ candidate: Candidate, _ market: Market) -> Int {
        let pool = PoolKey(type: candidate.type.name, zone: candidate.subnet.zone, market: market)
        guard closed[pool] == nil else { return 0 }
        let taken = instances.values.count {
            $0.isLive && $0.type.name == pool.type && $0.zone == pool.zone && $0.market == market
        }
        return max(0, settings.poolDepth - taken)
    }

    /// Why a pool does not give so many instances now; nil when it does.
    func refusal(_ pool: Candidate, _ market: Market, count: Int, _ now: WallClock) -> Refusal? {
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
                    "Your Spot request price of \(most) is lower than the minimum required Spot request "
                        + "fulfillment price of \(price.amount)."
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
}

extension EC2Service.Candidate {
    init(_ override: Parameters, template: Parameters, _ subnet: Subnet, _ type: InstanceType) {
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
