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
        let (minimum, maximum) = try counts(request)
        let options =
            request["InstanceMarketOptions"].tree == .null
            ? data["InstanceMarketOptions"] : request["InstanceMarketOptions"]
        let market: Market = options.string("MarketType") == "spot" ? .spot : .onDemand
        guard let typeName = request.string("InstanceType") ?? data.string("InstanceType") else {
            throw ServiceFailure("MissingParameter", "The request must contain the parameter InstanceType")
        }
        let pool = try pool(
            Parameters([
                "InstanceType": .string(typeName),
                "SubnetId": .string(request.string("SubnetId") ?? data.string("SubnetId") ?? ""),
                "AvailabilityZone": .string(request["Placement"].string("AvailabilityZone") ?? ""),
                "MaxPrice": .string(options["SpotOptions"].string("MaxPrice") ?? ""),
            ]),
            market
        )
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

    private func counts(_ request: Parameters) throws(ServiceFailure) -> (minimum: Int, maximum: Int) {
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
        return (minimum, maximum)
    }

    /// The pool that a launch of one type uses: without a zone, EC2 chooses the one that has most.
    private func pool(_ override: Parameters, _ market: Market) throws(ServiceFailure) -> Candidate {
        let candidates: [Candidate]
        switch self.candidates(override, template: Parameters([:])) {
        case .success(let found): candidates = found
        case .failure(let refusal): throw refusal
        }
        // Of equal ones the first.
        var best = candidates[0]
        for candidate in candidates where free(candidate, market) > free(best, market) { best = candidate }
        return best
    }

    // MARK: CreateFleet

    mutating func createFleet(_ request: Parameters, _ now: WallClock) throws(ServiceFailure) -> JSON {
        guard try request.choice("Type", ["instant"], default: "maintain") == "instant" else { return [:] }
        let capacities = try capacities(request["TargetCapacitySpecification"])
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
                            market: capacities.contains { $0.market == .spot && $0.count > 0 }
                                ? .spot : .onDemand
                        )
                    )
                }
            }
        }
        let order = order(request, data, reservation: identifier("r"))
        var launched: [(Candidate, CloudInstance)] = []
        for (market, count) in capacities {
            let ranked = try rank(candidates, market, request, now)
            launched += fill(count, ranked, market, order, now, &refusals)
        }
        return fleetAnswer(fleet, launched, refusals)
    }

    /// How many instances of each market are wanted; what is left of the total is of the default one.
    private func capacities(_ target: Parameters) throws(ServiceFailure) -> [(market: Market, count: Int)] {
        guard let total = try target.integer("TotalTargetCapacity", 0...1000) else {
            throw ServiceFailure(
                "MissingParameter",
                "The request must contain the parameter TotalTargetCapacity"
            )
        }
        let kinds = ["spot", "on-demand"]
        let isSpot = try target.choice("DefaultTargetCapacityType", kinds, default: "on-demand") == "spot"
        let spot = try target.integer("SpotTargetCapacity", 0...total) ?? 0
        let onDemand = try target.integer("OnDemandTargetCapacity", 0...total) ?? 0
        let rest = total - spot - onDemand
        guard rest >= 0 else {
            throw ServiceFailure(
                "InvalidTargetCapacitySpecification",
                "the capacities \(spot) and \(onDemand) are more than their total \(total)"
            )
        }
        return [(.onDemand, onDemand + (isSpot ? 0 : rest)), (.spot, spot + (isSpot ? rest : 0))]
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
