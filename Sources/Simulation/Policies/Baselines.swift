package import Planning

/// Every system that ours is compared with, for a workload and a load.
///
/// Those that scale one type get the same, so that they differ by their rule and their platform only: of the types that EC2's spot
/// market and SageMaker have a published price for, the one that serves a request for the least on demand. Where a rule needs what
/// nobody can know (the peak, the best fixed count, the best schedule) it is given it. Services without Lambda begin with the
/// instances that the first minute needs, as they were there before.
package struct Baselines: Sendable {
    package let simulation: FluidSimulation
    package let prices: PriceList
    package let demand: [Double]
    /// The type of those that scale one.
    package let type: InstanceType
    /// From a launch to the first answer on EC2.
    package let bootTime: Duration

    /// Nil when no type can serve the workload.
    ///
    /// - Parameter demand: requests of each minute.
    package init?(
        _ simulation: FluidSimulation,
        prices: PriceList,
        demand: [Double],
        bootTime: Duration = .seconds(120)
    ) {
        let platform = Platform(launchDelay: bootTime)
        let comparable = simulation.catalogue.types.filter {
            $0.spot != nil && prices["sagemaker-realtime", "ml.\($0.name)"]?.isListed ?? false
        }
        guard
            let type = simulation.cheapest(of: comparable, on: platform)
                ?? simulation.cheapest(of: simulation.catalogue.types, on: platform)
        else { return nil }
        (self.simulation, self.prices, self.demand) = (simulation, prices, demand)
        (self.type, self.bootTime) = (type, bootTime)
    }

    package var all: [Contender] {
        [
            markAsPublished, markAsShipped, persistence(.onDemand), persistence(.spot),
            workFunction(.onDemand),
            workFunction(.spot), targetTracking, sageMaker, sageMakerServerless, kubernetes, knative,
            lambdaOnly,
            scheduledConcurrency, lambdaManagedInstances, fargate, staticPeak, reserved,
        ].compactMap(\.self)
    }

    // MARK: EC2 and Lambda

    var ec2: Platform { Platform(launchDelay: bootTime) }

    /// Of the chosen type.
    func costs(_ market: Market, on platform: Platform) -> LayerCosts? {
        simulation.layerCosts(type.name, market, on: platform)
    }

    private func contender(
        _ name: String,
        _ market: Market = .onDemand,
        _ policy: (ScaledFleet, LayerCosts) -> any ScalingPolicy
    ) -> Contender? {
        costs(market, on: ec2).map {
            Contender(name, policy(ScaledFleet(type: type.name, market: market), $0), on: ec2)
        }
    }

    /// MArk's greedy planning over all types on the spot market, on the forecast.
    package var markAsPublished: Contender? {
        let candidates = simulation.catalogue.types.compactMap { type in
            simulation.layerCosts(type.name, .spot, on: ec2).map {
                GreedyProvisioning.Candidate(ScaledFleet(type: type.name, market: .spot), $0)
            }
        }
        guard let ticks = costs(.onDemand, on: ec2)?.launchTicks, !candidates.isEmpty else { return nil }
        return Contender("MArk as published", GreedyProvisioning(candidates, horizon: ticks), on: ec2)
    }

    package var markAsShipped: Contender? {
        contender("MArk's code as shipped", .spot, ProportionalScaling.markAsShipped)
    }

    package func persistence(_ market: Market) -> Contender? {
        contender("persistence, \(market.rawValue)", market, ProportionalScaling.persistence)
    }

    package func workFunction(_ market: Market) -> Contender? {
        contender("work function without forecast, \(market.rawValue)", market, LayeredWorkFunction.init)
    }

    /// SageMaker's rule on EC2's prices with Lambda behind it: what of the difference is the rule.
    package var targetTracking: Contender? {
        contender("target tracking on EC2") { .targetTracking($0, $1) as ProportionalScaling }
    }

    package var staticPeak: Contender? {
        contender("static peak") { FixedFleet($0, count: FixedFleet.peak(demand, $1)) }
    }

    package var reserved: Contender? {
        contender("best fixed count and Lambda") { FixedFleet($0, count: FixedFleet.best(demand, $1)) }
    }

    // MARK: Lambda

    package var lambdaOnly: Contender? {
        Contender("Lambda only", FixedFleet(ScaledFleet(type: type.name), count: 0), on: ec2)
    }

    package var scheduledConcurrency: Contender? {
        let function = simulation.workload.function
        let policy = ScheduledConcurrency.best(demand, function: function, prices: simulation.lambda(on: ec2))
        return Contender("Lambda, scheduled provisioned concurrency", policy, on: ec2)
    }
}

extension FluidSimulation {
    /// The type that serves a request for the least on demand; burstable ones cannot keep it up.
    package func cheapest(of types: [InstanceType], on platform: Platform) -> InstanceType? {
        func perRequest(_ type: InstanceType) -> Double? {
            guard type.burst == nil, let capacity = capacity(type.name, on: platform) else { return nil }
            return price(type.name, .onDemand, on: platform).map { $0.amount / capacity }
        }
        return types.compactMap { type in perRequest(type).map { (type, $0) } }.min { $0.1 < $1.1 }?.0
    }
}
