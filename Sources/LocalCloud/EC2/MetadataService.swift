package import AWS
import Planning
package import Wire

/// An instance's metadata, version 2: values only for whoever has fetched a token (AWS, "Use IMDSv2").
package struct MetadataService: Sendable {
    private let credentials: Credentials
    private let region: String
    private let token: String
    private static let role = "mark-backend"

    /// - Parameters:
    ///   - credentials: of the instance's role.
    ///   - token: what a session's token is; it lives as long as the instance.
    package init(credentials: Credentials, region: String, token: String) {
        (self.credentials, self.region, self.token) = (credentials, region, token)
    }

    /// - Parameters:
    ///   - instance: as it is now.
    ///   - machineTime: for what the instance's program compares with its own clock.
    package func answer(_ request: AWSRequest, _ instance: CloudInstance, machineTime: WallClock)
        -> HTTPResponse
    {
        let path = request.path.split(separator: "/").joined(separator: "/")
        if path == "latest/api/token" {
            guard request.method == "PUT" else { return Self.text(405, "Method Not Allowed") }
            let lifetime = request.headers["x-aws-ec2-metadata-token-ttl-seconds"].flatMap { Int($0) }
            guard let lifetime, (1...21_600).contains(lifetime) else { return Self.text(400, "Bad Request") }
            return Self.text(200, token)
        }
        guard request.headers["x-aws-ec2-metadata-token"] == token else {
            return Self.text(401, "Unauthorized")
        }
        guard request.method == "GET" else { return Self.text(405, "Method Not Allowed") }
        let value = value(path, instance, machineTime)
        return value.map { Self.text(200, $0) } ?? Self.text(404, "Not Found")
    }

    private static func text(_ status: Int, _ body: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: HTTPHeaders([.init("Content-Type", "text/plain")]),
            body: Array(body.utf8)
        )
    }

    private func value(_ path: String, _ instance: CloudInstance, _ machineTime: WallClock) -> String? {
        switch path {
        case "latest/meta-data/instance-id": instance.id
        case "latest/meta-data/instance-type": instance.type.name
        case "latest/meta-data/instance-life-cycle": instance.market.rawValue
        case "latest/meta-data/ami-id": instance.image
        case "latest/meta-data/local-ipv4": instance.address
        case "latest/meta-data/placement/availability-zone": instance.zone
        case "latest/meta-data/placement/region": region
        case "latest/meta-data/iam/security-credentials": Self.role
        case "latest/meta-data/iam/security-credentials/\(Self.role)": credentialsDocument(machineTime)
        case "latest/meta-data/spot/instance-action":
            instance.interruption.map {
                Self.json(["action": "terminate", "time": .string($0.iso8601Seconds)])
            }
        case "latest/meta-data/spot/termination-time": instance.interruption?.iso8601Seconds
        case "latest/meta-data/events/recommendations/rebalance":
            instance.rebalance.map { Self.json(["noticeTime": .string($0.iso8601Seconds)]) }
        case "latest/dynamic/instance-identity/document": identity(instance)
        case _ where path.hasPrefix("latest/meta-data/tags/instance/"):
            instance.tags[String(path.dropFirst("latest/meta-data/tags/instance/".count))]
        default: nil
        }
    }

    /// They live for six hours, as a role's do.
    private func credentialsDocument(_ machineTime: WallClock) -> String {
        Self.json([
            "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": .string(machineTime.iso8601Seconds),
            "AccessKeyId": .string(credentials.accessKeyID),
            "SecretAccessKey": .string(credentials.secretAccessKey),
            "Token": .string(credentials.sessionToken ?? ""),
            "Expiration": .string((machineTime + .seconds(6 * 3600)).iso8601Seconds),
        ])
    }

    private func identity(_ instance: CloudInstance) -> String {
        Self.json([
            "accountId": .string(FunctionConfiguration.account),
            "architecture": .string(instance.type.architecture.rawValue),
            "availabilityZone": .string(instance.zone), "imageId": .string(instance.image),
            "instanceId": .string(instance.id), "instanceType": .string(instance.type.name),
            "pendingTime": .string(instance.launched.iso8601Seconds), "privateIp": .string(instance.address),
            "region": .string(region), "version": "2017-09-30",
        ])
    }

    private static func json(_ value: JSON) -> String { String(decoding: value.encoded(), as: UTF8.self) }
}
