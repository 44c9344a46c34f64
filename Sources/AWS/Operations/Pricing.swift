import Wire

/// What AWS charges.
package enum Pricing {
    /// The on-demand price of a machine.
    package struct InstancePrice: Equatable, Sendable {
        package let instanceType: String
        package let dollarsPerHour: Double
    }

    /// On-demand prices of Linux machines with shared tenancy in a region; all types, or one.
    package static func instancePrices(region: String, instanceType: String? = nil) -> Call<[InstancePrice]> {
        let terms = [
            ("regionCode", region), ("operatingSystem", "Linux"), ("tenancy", "Shared"),
            ("preInstalledSw", "NA"),
            ("capacitystatus", "Used"), ("licenseModel", "No License required"),
        ]
        let filters = (terms + (instanceType.map { [("instanceType", $0)] } ?? [])).map {
            name,
            value -> JSON in
            ["Type": "TERM_MATCH", "Field": .string(name), "Value": .string(value)]
        }
        return Call(
            .pricing,
            "GetProducts",
            [
                "ServiceCode": "AmazonEC2", "Filters": .array(filters), "FormatVersion": "aws_v1",
                "MaxResults": 100,
            ]
        ) { answer throws(MalformedAnswer) in
            var prices: [InstancePrice] = []
            for item in answer["PriceList"].items {
                // Each product is a text that holds JSON.
                guard let product = try? JSON(parsing: Array(try item.string().utf8)) else {
                    throw MalformedAnswer(reason: "its '\(item.path)' is not JSON")
                }
                if let price = price(product) { prices.append(price) }
            }
            return prices
        }.paged(by: "NextToken", "NextToken")
    }

    /// Nil for a product that has no price by the hour.
    private static func price(_ product: JSON) -> InstancePrice? {
        guard let type = product["product"]?["attributes"]?["instanceType"]?.stringValue,
            let offer = product["terms"]?["OnDemand"]?.objectValue?.first?.value,
            let dimension = offer["priceDimensions"]?.objectValue?.first?.value,
            dimension["unit"]?.stringValue == "Hrs",
            let dollars = dimension["pricePerUnit"]?["USD"]?.stringValue.flatMap({ Double($0) })
        else { return nil }
        return InstancePrice(instanceType: type, dollarsPerHour: dollars)
    }
}
