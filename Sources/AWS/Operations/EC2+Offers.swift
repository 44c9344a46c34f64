package import Wire

extension EC2 {
    /// The price of a spot pool from a time on.
    package struct SpotPrice: Equatable, Sendable {
        package let instanceType: String
        package let zone: String
        package let dollarsPerHour: Double
        package let since: WallClock
    }

    /// Prices of Linux instances between two times, newest first; each pool's price at the start is among them.
    package static func describeSpotPriceHistory(
        types: [String],
        from start: WallClock,
        to end: WallClock
    ) -> Call<[SpotPrice]> {
        Call(
            .ec2,
            "DescribeSpotPriceHistory",
            [
                "InstanceType": .strings(types), "ProductDescription": ["Linux/UNIX"],
                "StartTime": .string(start.wholeSeconds), "EndTime": .string(end.wholeSeconds),
                "MaxResults": 1000,
            ]
        ) { answer throws(MalformedAnswer) in
            try answer["spotPriceHistorySet"].list { item throws(MalformedAnswer) in
                SpotPrice(
                    instanceType: try item["instanceType"].string(),
                    zone: try item["availabilityZone"].string(),
                    dollarsPerHour: try item["spotPrice"].number(),
                    since: try item["timestamp"].time()
                )
            }
        }.paged(by: "nextToken", "NextToken")
    }

    /// What a type of machine has.
    package struct InstanceType: Equatable, Sendable {
        package let name: String
        package let virtualCPUs: Int
        package let memoryMiB: Int
        package let architectures: [String]
        /// Whether its CPU earns credits and is held to a baseline without them.
        package let isBurstable: Bool
        package let gpus: Int
        package let markets: [Market]
    }

    /// Types by name or filter, `processor-info.supported-architecture` say.
    package static func describeInstanceTypes(_ names: [String] = [], filters: [Filter] = []) -> Call<
        [InstanceType]
    > {
        Call(
            .ec2,
            "DescribeInstanceTypes",
            [
                "InstanceType": .strings(names), "Filter": .array(filters.map(\.json)),
                // EC2 takes no page size with names.
                "MaxResults": names.isEmpty ? 100 : .null,
            ]
        ) { answer throws(MalformedAnswer) in
            try answer["instanceTypeSet"].list { item throws(MalformedAnswer) in
                var gpus = 0
                for gpu in item["gpuInfo"]["gpus"].items { gpus += try gpu["count"].integer() }
                return InstanceType(
                    name: try item["instanceType"].string(),
                    virtualCPUs: try item["vCpuInfo"]["defaultVCpus"].integer(),
                    memoryMiB: try item["memoryInfo"]["sizeInMiB"].integer(),
                    architectures: item["processorInfo"]["supportedArchitectures"].items.compactMap(\.text),
                    isBurstable: item["burstablePerformanceSupported"].text == "true",
                    gpus: gpus,
                    markets: item["supportedUsageClasses"].items.compactMap { $0.text.flatMap(Market.init) }
                )
            }
        }.paged(by: "nextToken", "NextToken")
    }
}
