package import Planning
package import Wire

/// What has been used so far, and what it costs.
///
/// EC2's part is computed from the instances when it is asked for; the instances that EC2 no longer tells of are kept here.
package struct Ledger: Sendable {
    package struct Usage: Equatable, Sendable {
        package internal(set) var invocations = 0.0
        /// Whole milliseconds of each, initialisation included, times memory.
        package internal(set) var gigabyteSeconds = 0.0
        /// Of invocations on environments that were there ahead.
        package internal(set) var provisionedRunGigabyteSeconds = 0.0
        /// Environments that were there ahead, busy or not.
        package internal(set) var provisionedGigabyteSeconds = 0.0
        package internal(set) var milliseconds = 0.0
        package internal(set) var coldStarts = 0.0
    }

    private let prices: LambdaPrices
    private let perAPIRequest: Double
    package private(set) var functions: [String: Usage] = [:]
    /// Of the front, each for as many as it stands for.
    package private(set) var requests = 0.0
    private var forgotten = (cost: Dollars.zero, count: 0)
    private var accrued: WallClock

    package init(_ list: PriceList, catalogue: Catalogue, start: WallClock) throws(InvalidPriceList) {
        prices = catalogue.lambdaX86
        perAPIRequest = try list.dollars("apigateway", "http-api-first-300M") / 1e6
        accrued = start
    }

    /// - Parameter weight: how many invocations it stands for.
    package mutating func invoked(
        _ function: String,
        billedMilliseconds: Int,
        memory: Int,
        isCold: Bool,
        isProvisioned: Bool,
        weight: Double
    ) {
        let time = Double(billedMilliseconds) * weight
        let gigabyteSeconds = time / 1000 * Double(memory) / 1024
        var usage = functions[function] ?? Usage()
        usage.invocations += weight
        usage.milliseconds += time
        if isCold { usage.coldStarts += weight }
        if isProvisioned {
            usage.provisionedRunGigabyteSeconds += gigabyteSeconds
        } else {
            usage.gigabyteSeconds += gigabyteSeconds
        }
        functions[function] = usage
    }

    package mutating func requested(weight: Double) { requests += weight }

    /// Bills what is kept ahead up to a time.
    package mutating func accrue(_ functions: [CloudFunction], now: WallClock) {
        let seconds = Double(max(0, now - accrued)) / 1000
        accrued = max(accrued, now)
        for function in functions {
            guard let provisioned = function.provisioned else { continue }
            let count = Double(min(function.available, provisioned.requested))
            self.functions[function.name, default: Usage()].provisionedGigabyteSeconds +=
                count * seconds * Double(function.memory) / 1024
        }
    }

    /// EC2 no longer tells of an instance.
    package mutating func forget(_ instance: CloudInstance, cost: Dollars) {
        forgotten.cost += cost
        forgotten.count += 1
    }

    // MARK: Costs

    package func cost(_ usage: Usage) -> Dollars {
        Dollars(
            usage.gigabyteSeconds * prices.perGBSecond + usage.invocations * prices.perRequest
                + usage.provisionedRunGigabyteSeconds * prices.provisionedRunPerGBSecond
                + usage.provisionedGigabyteSeconds * prices.provisionedPerGBSecond
        )
    }

    /// Of one invocation that takes so long in a warm environment.
    package func cost(ofInvocation milliseconds: Int, memory: Int) -> Dollars {
        Dollars(
            Double(milliseconds) / 1000 * Double(memory) / 1024 * prices.perGBSecond + prices.perRequest
        )
    }

    /// Of one request at the front.
    package var costOfRequest: Dollars { Dollars(perAPIRequest) }

    /// Mean billed time of a function's invocations; nil before the first.
    package func meanRun(_ function: String) -> Duration? {
        functions[function].flatMap {
            $0.invocations > 0 ? .milliseconds($0.milliseconds / $0.invocations) : nil
        }
    }

    /// What instances have cost, and what all that is billed by use.
    package func dollars(_ ec2: EC2Service, now: WallClock) -> (instances: Dollars, usage: Dollars) {
        let instances = ec2.ordered.reduce(forgotten.cost) { $0 + $1.cost(at: now, ec2.market) }
        let usage = functions.values.reduce(Dollars(requests * perAPIRequest)) { $0 + cost($1) }
        return (instances, usage)
    }

    /// All of it, in dollars and in what was used, for whoever draws or compares: amounts are sums since the start.
    package func snapshot(_ ec2: EC2Service, now: WallClock) -> JSON {
        let instances = ec2.ordered.map { instance in (instance, instance.cost(at: now, ec2.market)) }
        let ec2Cost = instances.reduce(forgotten.cost) { $0 + $1.1 }
        let lambdaCost = functions.values.reduce(Dollars.zero) { $0 + cost($1) }
        let apiCost = Dollars(requests * perAPIRequest)
        return [
            "total_usd": .double((ec2Cost + lambdaCost + apiCost).amount),
            "lambda": [
                "usd": .double(lambdaCost.amount),
                "functions": .array(
                    functions.sorted { $0.key < $1.key }.map { description($0.key, $0.value) }
                ),
            ],
            "ec2": [
                "usd": .double(ec2Cost.amount), "forgotten": .integer(Int64(forgotten.count)),
                "instances": .array(instances.map { Self.description($0.0, $0.1, ec2.market, now) }),
            ],
            "api_gateway": ["usd": .double(apiCost.amount), "requests": .double(requests)],
        ]
    }

    private func description(_ name: String, _ usage: Usage) -> JSON {
        [
            "name": .string(name), "usd": .double(cost(usage).amount),
            "invocations": .double(usage.invocations),
            "billed_ms": .double(usage.milliseconds), "cold_starts": .double(usage.coldStarts),
            "gb_seconds": .double(usage.gigabyteSeconds + usage.provisionedRunGigabyteSeconds),
            "provisioned_gb_seconds": .double(usage.provisionedGigabyteSeconds),
        ]
    }

    private static func description(
        _ instance: CloudInstance,
        _ cost: Dollars,
        _ market: SpotMarket,
        _ now: WallClock
    ) -> JSON {
        let price =
            instance.market == .spot ? market.price(of: instance.type, in: instance.zone, at: now) : nil
        return [
            "id": .string(instance.id), "type": .string(instance.type.name),
            "market": .string(instance.market.rawValue),
            "zone": .string(instance.zone), "state": .string(instance.state.name),
            "launched": .string(instance.launched.description),
            "interruption": instance.interruption.map { .string($0.description) } ?? .null,
            "reason": instance.reason.map { .string($0.rawValue) } ?? .null,
            "seconds": .double(instance.billed(at: now) / .seconds(1)), "usd": .double(cost.amount),
            "usd_per_hour": .double(instance.isLive ? (price ?? instance.type.onDemand).amount : 0),
        ]
    }
}
