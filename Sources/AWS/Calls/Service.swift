/// A service of AWS's: where it is, how it is signed for and which protocol it speaks.
package struct Service: Equatable, Sendable {
    /// How parameters and answers travel.
    package enum Dialect: Equatable, Sendable {
        /// A form with `Action` and numbered lists; answers in XML (EC2's kind of the Query protocol).
        case query(version: String)
        /// JSON with the operation in `X-Amz-Target`, version 1.0 or 1.1.
        case json(version: String, target: String)
        /// The operation is a method and a path, its parameters JSON.
        case rest
    }

    /// As people and error messages call it.
    package let name: String
    package let signingName: String
    package let hostPrefix: String
    /// What stands before the colon of an IAM action.
    package let permissionPrefix: String
    /// The rest of `AWS_ENDPOINT_URL_…`; in lower case the key in a profile's `services` section.
    package let endpointVariable: String
    package let dialect: Dialect
    /// The regions that have it, where those are few; the first serves all that are near none of them.
    package var regions: [String] = []

    package static let ec2 = Service(
        name: "EC2",
        signingName: "ec2",
        hostPrefix: "ec2",
        permissionPrefix: "ec2",
        endpointVariable: "EC2",
        dialect: .query(version: "2016-11-15")
    )
    package static let lambda = Service(
        name: "Lambda",
        signingName: "lambda",
        hostPrefix: "lambda",
        permissionPrefix: "lambda",
        endpointVariable: "LAMBDA",
        dialect: .rest
    )
    package static let cloudWatch = Service(
        name: "CloudWatch",
        signingName: "monitoring",
        hostPrefix: "monitoring",
        permissionPrefix: "cloudwatch",
        endpointVariable: "CLOUDWATCH",
        dialect: .json(version: "1.0", target: "GraniteServiceVersion20100801")
    )
    package static let dynamoDB = Service(
        name: "DynamoDB",
        signingName: "dynamodb",
        hostPrefix: "dynamodb",
        permissionPrefix: "dynamodb",
        endpointVariable: "DYNAMODB",
        dialect: .json(version: "1.0", target: "DynamoDB_20120810")
    )
    package static let apiGateway = Service(
        name: "API Gateway",
        signingName: "apigateway",
        hostPrefix: "apigateway",
        permissionPrefix: "apigateway",
        endpointVariable: "APIGATEWAYV2",
        dialect: .rest
    )
    package static let ssm = Service(
        name: "SSM",
        signingName: "ssm",
        hostPrefix: "ssm",
        permissionPrefix: "ssm",
        endpointVariable: "SSM",
        dialect: .json(version: "1.1", target: "AmazonSSM")
    )
    package static let pricing = Service(
        name: "Pricing",
        signingName: "pricing",
        hostPrefix: "api.pricing",
        permissionPrefix: "pricing",
        endpointVariable: "PRICING",
        dialect: .json(version: "1.1", target: "AWSPriceListService"),
        regions: ["us-east-1", "eu-central-1", "ap-south-1", "cn-northwest-1"]
    )

    /// The region that answers for another: itself, or the nearest that has the service.
    package func region(nearest region: String) -> String {
        guard let fallback = regions.first, !regions.contains(region) else { return region }
        return regions.first { $0.prefix(3) == region.prefix(3) } ?? fallback
    }
}
