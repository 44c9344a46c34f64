import AWS
import ArgumentParser
import CURL
import Control

/// A deployed stack, by its controller: what the function is told is what these commands are told.
struct StackOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Name or ARN of the stack's controller function, an output of the stack.",
            valueName: "name"
        )
    )
    var function: String?

    @Option(help: "Profile of the AWS configuration. Default: AWS_PROFILE, or default.")
    var profile: String?

    @Option(help: "AWS region. Default: AWS_REGION, or the profile's.")
    var region: String?

    /// The most that a command waits for AWS.
    static let timeout = Duration.seconds(60)

    func client() async throws -> AWSClient {
        try await AWSAccess.client(
            CURLClient(),
            overrides: .init(profile: profile, region: region)
        )
    }

    /// The controller's own variables.
    func settings(_ aws: AWSClient) async throws -> ControlSettings {
        guard let function else {
            throw CommandFailure(
                "name the stack's controller function with --function, as the stack's outputs do"
            )
        }
        guard let named = Lambda.Function(parsing: function) else {
            throw CommandFailure("--function is '\(function)'; expected a function's name or ARN")
        }
        do {
            let configuration = try await aws.send(
                Lambda.getFunctionConfiguration(named),
                deadline: AWSAccess.now().monotonic + Self.timeout
            )
            return try ControlSettings(configuration.variables)
        } catch {
            throw CommandFailure("\(function): \(error)")
        }
    }
}
