import Planning
import Wire

extension EC2Service {
    func describeSpotPriceHistory(_ request: Parameters, _ now: WallClock) throws(ServiceFailure) -> JSON {
        // AWS keeps 90 days.
        let end = min(try request.time("EndTime") ?? now, now)
        let start = max(
            try request.time("StartTime") ?? now + .seconds(-86_400),
            now + .seconds(-90 * 86_400)
        )
        let products = request.strings("ProductDescription")
        guard products.isEmpty || products.contains(where: { $0.hasPrefix("Linux/UNIX") }) else {
            return ["spotPriceHistorySet": []]
        }
        let names = request.strings("InstanceType")
        let zone = request.string("AvailabilityZone")
        var rows: [(since: WallClock, json: JSON)] = []
        for type in catalogue.types where names.isEmpty || names.contains(type.name) {
            for subnet in subnets where zone == nil || zone == subnet.zone {
                rows += try prices(type, subnet.zone, from: start, to: end, request)
            }
        }
        // Stable, so that pools of one time stand in the catalogue's order.
        rows.sort { $0.since > $1.since }
        let page = try Page(
            rows,
            size: request.integer("MaxResults", 1...1000) ?? 1000,
            token: request.string("NextToken")
        )
        return [
            "spotPriceHistorySet": .array(page.elements.map(\.json)),
            "nextToken": .string(page.nextToken ?? ""),
        ]
    }

    /// Prices of one pool, if it is asked for.
    private func prices(
        _ type: InstanceType,
        _ zone: String,
        from start: WallClock,
        to end: WallClock,
        _ request: Parameters
    ) throws(ServiceFailure) -> [(since: WallClock, json: JSON)] {
        let isMet = try Self.meets(request) { name in
            switch name {
            case "availability-zone": [zone]
            case "instance-type": [type.name]
            case "product-description": ["Linux/UNIX"]
            default: nil
            }
        }
        guard isMet else { return [] }
        return market.history(of: type, in: zone, from: start, to: end).map { change in
            let price: JSON = [
                "instanceType": .string(type.name), "productDescription": "Linux/UNIX",
                "spotPrice": .string(Self.decimals(change.price)),
                "timestamp": .string(change.since.description),
                "availabilityZone": .string(zone),
            ]
            return (change.since, price)
        }
    }

    /// With six decimals, as EC2 tells prices: `0.029100`.
    private static func decimals(_ price: DollarsPerHour) -> String {
        let millionths = price.nanodollars / 1000
        let fraction = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }

    func describeInstanceTypes(_ request: Parameters) throws(ServiceFailure) -> JSON {
        let names = request.strings("InstanceType")
        let unknown = names.filter { catalogue[$0] == nil }
        guard unknown.isEmpty else {
            throw ServiceFailure(
                "InvalidInstanceType",
                "The following supplied instance types do not exist: [\(unknown.map { cropped($0, to: 40) }.joined(separator: ", "))]"
            )
        }
        var found: [InstanceType] = []
        for type in catalogue.types where names.isEmpty || names.contains(type.name) {
            let isMet = try Self.meets(request) { name in
                switch name {
                case "instance-type": [type.name]
                case "processor-info.supported-architecture": [type.architecture.rawValue]
                case "burstable-performance-supported": [type.burst == nil ? "false" : "true"]
                case "vcpu-info.default-vcpus": [String(type.vCPUs)]
                case "memory-info.size-in-mib": [String(type.memoryMiB)]
                case "current-generation": ["true"]
                case "supported-usage-class": type.spot == nil ? ["on-demand"] : ["on-demand", "spot"]
                default: nil
                }
            }
            if isMet { found.append(type) }
        }
        let size = try request.integer("MaxResults", 5...100) ?? 100
        let page = try Page(found, size: size, token: request.string("NextToken"))
        return [
            "instanceTypeSet": .array(page.elements.map(Self.description)),
            "nextToken": page.nextToken.map { .string($0) } ?? .null,
        ]
    }

    private static func description(_ type: InstanceType) -> JSON {
        [
            "instanceType": .string(type.name), "currentGeneration": true, "freeTierEligible": false,
            "bareMetal": false,
            "supportedUsageClasses": type.spot == nil ? ["on-demand"] : ["on-demand", "spot"],
            "hypervisor": "nitro",
            "processorInfo": ["supportedArchitectures": [.string(type.architecture.rawValue)]],
            "vCpuInfo": ["defaultVCpus": .integer(Int64(type.vCPUs))],
            "memoryInfo": ["sizeInMiB": .integer(Int64(type.memoryMiB))],
            "gpuInfo": type.hasAccelerator ? ["gpus": [["count": 1]]] : .null,
            "burstablePerformanceSupported": .bool(type.burst != nil),
        ]
    }

    func describeSubnets(_ request: Parameters) throws(ServiceFailure) -> JSON {
        let ids = request.strings("SubnetId")
        if let id = ids.first(where: { id in !subnets.contains { $0.id == id } }) {
            throw ServiceFailure(
                "InvalidSubnetID.NotFound",
                "The subnet ID '\(cropped(id, to: 40))' does not exist"
            )
        }
        var found: [JSON] = []
        for (number, subnet) in subnets.enumerated() where ids.isEmpty || ids.contains(subnet.id) {
            let isMet = try Self.meets(request) { name in
                switch name {
                case "availability-zone": [subnet.zone]
                case "vpc-id": [Subnet.network]
                case "subnet-id": [subnet.id]
                default: nil
                }
            }
            guard isMet else { continue }
            found.append([
                "subnetId": .string(subnet.id), "state": "available", "vpcId": .string(Subnet.network),
                "cidrBlock": .string("10.0.\(number).0/24"), "availableIpAddressCount": 251,
                "availabilityZone": .string(subnet.zone), "defaultForAz": true, "mapPublicIpOnLaunch": false,
            ])
        }
        return ["subnetSet": .array(found)]
    }
}
