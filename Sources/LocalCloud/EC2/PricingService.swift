import Planning
import Wire

/// The price list's API: on-demand prices of Linux machines, which are those of the embedded list in whatever region is asked for.
struct PricingService: Sendable {
    let catalogue: Catalogue

    func answer(_ operation: String, _ request: JSON) throws(ServiceFailure) -> JSON {
        guard operation == "GetProducts" else {
            throw ServiceFailure(
                "UnknownOperationException",
                "Pricing here has no operation \(cropped(operation, to: 60))"
            )
        }
        guard request["ServiceCode"]?.stringValue == "AmazonEC2" else {
            throw ServiceFailure("NotFoundException", "Pricing here has products of AmazonEC2 only")
        }
        let region =
            filters(request).first { $0.field == "regionCode" }?.value ?? FunctionConfiguration.region
        let found = catalogue.types.filter { type in
            let attributes = Self.attributes(type, region)
            return filters(request).allSatisfy { filter in
                attributes.first { $0.key == filter.field }?.value.stringValue == filter.value
            }
        }
        let size = request["MaxResults"]?.intValue ?? 100
        guard (1...100).contains(size) else {
            throw ServiceFailure("InvalidParameterException", "MaxResults is \(size); it must be 1 to 100")
        }
        let page = try Page(found, size: size, token: request["NextToken"]?.stringValue)
        let products = page.elements.map {
            JSON.string(String(decoding: Self.product($0, region).encoded(), as: UTF8.self))
        }
        let members: [JSON.Member] = [.init("FormatVersion", "aws_v1"), .init("PriceList", .array(products))]
        return .object(members + (page.nextToken.map { [.init("NextToken", .string($0))] } ?? []))
    }

    private func filters(_ request: JSON) -> [(field: String, value: String)] {
        (request["Filters"]?.arrayValue ?? []).compactMap { filter in
            guard let field = filter["Field"]?.stringValue, let value = filter["Value"]?.stringValue else {
                return nil
            }
            return (field, value)
        }
    }

    private static func attributes(_ type: InstanceType, _ region: String) -> [JSON.Member] {
        let pairs = [
            ("instanceType", type.name), ("regionCode", region), ("operatingSystem", "Linux"),
            ("tenancy", "Shared"),
            ("preInstalledSw", "NA"), ("capacitystatus", "Used"), ("licenseModel", "No License required"),
            ("vcpu", String(type.vCPUs)), ("servicecode", "AmazonEC2"), ("marketoption", "OnDemand"),
        ]
        return pairs.map { .init($0.0, .string($0.1)) }
    }

    private static func product(_ type: InstanceType, _ region: String) -> JSON {
        let sku = type.name.uppercased().filter { $0.isLetter || $0.isNumber }
        let price: JSON = [
            "unit": "Hrs", "description": .string("\(type.name) in \(region)"),
            "pricePerUnit": ["USD": .string(String(type.onDemand.amount))],
        ]
        let term = JSON.object([
            .init(
                "\(sku).JRTCKXETXF",
                [
                    "sku": .string(sku),
                    "priceDimensions": .object([.init("\(sku).JRTCKXETXF.6YS6EN2CT7", price)]),
                ]
            )
        ])
        return [
            "product": [
                "productFamily": "Compute Instance", "sku": .string(sku),
                "attributes": .object(attributes(type, region)),
            ],
            "serviceCode": "AmazonEC2", "terms": ["OnDemand": term],
        ]
    }
}
