import AWS
import CPlatform
import CURL
import Threading
import Wire

/// AWS as this process reaches it: with the variables and files of every AWS tool, and the metadata of an EC2 instance.
enum AWSAccess {
    static func client(
        _ http: CURLClient,
        overrides: AWSConfiguration.Overrides = .init()
    ) async throws -> AWSClient {
        func configuration(_ instanceRegion: String?) throws(InvalidAWSConfiguration) -> AWSConfiguration {
            try AWSConfiguration(
                environment: environment,
                overrides: overrides,
                product: "mark/1",
                instanceRegion: instanceRegion,
                read: { try? Files.bytes($0) }
            )
        }
        let effects = Effects(send: http.transport, now: now, read: { try? Files.bytes($0) })
        do {
            return AWSClient(try configuration(nil), effects: effects)
        } catch InvalidAWSConfiguration.noRegion {
            let region = try? await metadata(http).region()
            do { return AWSClient(try configuration(region), effects: effects) } catch {
                throw CommandFailure(error.description)
            }
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    static func metadata(_ http: CURLClient) -> InstanceMetadata {
        let endpoint =
            Terminal.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? InstanceMetadata.defaultEndpoint
        return InstanceMetadata(endpoint: endpoint, client: http)
    }

    @Sendable static func now() -> Moment {
        Moment(monotonic: MonotonicClock.now(), wall: Terminal.wallClock())
    }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        var entry = cplatform_environment()
        while let text = entry.pointee {
            let parts = String(cString: text).split(
                separator: "=",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
