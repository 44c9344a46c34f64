/// What can be rented, and for how much: instance types and Lambda, read from a price list.
package struct Catalogue: Equatable, Sendable {
    /// In the order of the price list.
    package let types: [InstanceType]
    package let lambdaX86: LambdaPrices
    package let lambdaARM64: LambdaPrices
    private let positions: [String: Int]

    package init(_ prices: PriceList) throws(InvalidPriceList) {
        var types: [InstanceType] = []
        for row in prices.rows where row.service == Self.onDemand {
            guard let type = try Self.type(row, prices) else { continue }
            types.append(type)
        }
        self.init(
            types: types,
            lambdaX86: try Self.lambda(prices, "x86"),
            lambdaARM64: try Self.lambda(prices, "arm64")
        )
    }

    package init(types: [InstanceType], lambdaX86: LambdaPrices, lambdaARM64: LambdaPrices) {
        (self.types, self.lambdaX86, self.lambdaARM64) = (types, lambdaX86, lambdaARM64)
        positions = Dictionary(
            types.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    package subscript(name: String) -> InstanceType? { positions[name].map { types[$0] } }

    package func lambda(_ architecture: InstanceType.Architecture) -> LambdaPrices {
        architecture == .x86 ? lambdaX86 : lambdaARM64
    }

    // MARK: Reading

    private static let onDemand = "ec2-on-demand-linux"
    private static let spot = "ec2-spot-linux-typical"

    /// Nil for a row without vCPUs and memory in its notes.
    private static func type(_ row: PriceRow, _ prices: PriceList) throws(InvalidPriceList) -> InstanceType? {
        guard let vCPUs = row.note("vcpu").flatMap({ Int($0) }),
            let memory = row.note("mem_mib").flatMap({ Int($0) })
        else { return nil }
        return InstanceType(
            name: row.item,
            vCPUs: vCPUs,
            memoryMiB: memory,
            architecture: row.note("arch") == "arm64" ? .arm64 : .x86,
            coreMark: row.note("coremark").flatMap { Double($0) },
            hasAccelerator: ["g", "p", "inf", "trn"].contains {
                row.item.hasPrefix($0) && row.item.dropFirst($0.count).first?.isNumber ?? false
            },
            onDemand: DollarsPerHour(row.dollars),
            spot: prices[spot, row.item].map {
                InstanceType.Spot(
                    price: DollarsPerHour($0.dollars),
                    interruptionsPerHour: interruptions(band: $0.note("interruption_band") ?? "")
                )
            },
            burst: try burst(row.item, vCPUs: vCPUs, prices)
        )
    }

    /// The Spot Advisor's share of instances taken back in a month, the middle of its band, as a rate per hour.
    private static func interruptions(band: Substring) -> Double {
        let shares = ["<5%": 0.025, "5-10%": 0.075, "10-15%": 0.125, "15-20%": 0.175, ">20%": 0.25]
        return (shares[String(band)] ?? 0.25) / 720
    }

    /// Credits that the sizes of T3, T3a and T4g earn an hour (EC2 User Guide, "Burstable performance instances", table of credits).
    private static let credits = [
        "micro": 12.0, "small": 24, "medium": 24, "large": 36, "xlarge": 96, "2xlarge": 192,
    ]

    private static func burst(_ name: String, vCPUs: Int, _ prices: PriceList) throws(InvalidPriceList)
        -> InstanceType.Burst?
    {
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count == 2, ["t3", "t3a", "t4g"].contains(parts[0]), let credits = credits[parts[1]]
        else { return nil }
        let item = parts[0] == "t4g" ? "cpu-credit-surplus-t4g-linux" : "cpu-credit-surplus-t3-t3a-linux"
        return InstanceType.Burst(
            baseline: credits / 60 / Double(vCPUs),
            creditsPerHour: credits,
            surplus: DollarsPerHour(try prices.dollars("ec2", item))
        )
    }

    private static func lambda(_ prices: PriceList, _ architecture: String) throws(InvalidPriceList)
        -> LambdaPrices
    {
        LambdaPrices(
            perGBSecond: try prices.dollars("lambda", "duration-\(architecture)"),
            perRequest: try prices.dollars("lambda", "request") / 1e6,
            provisionedPerGBSecond: try prices.dollars("lambda", "provisioned-concurrency-\(architecture)"),
            provisionedRunPerGBSecond: try prices.dollars("lambda", "provisioned-duration-\(architecture)")
        )
    }
}
