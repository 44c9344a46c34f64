import AWS
import CURL
import Control
import LambdaRuntime
import Planning
import Serving
import Wire

/// What a deployed stack's next tick would do, found out with the caller's credentials and changing nothing.
struct LivePlan {
    let stack: StackOptions
    /// Folder of the deployed model; nil: the one that the stack names, of the models that come with the program.
    let model: String?
    let catalogue: Catalogue

    func report() async throws -> CycleReport {
        let aws = try await stack.client()
        let settings = try await stack.settings(aws).dry
        let controller = Controller(
            settings,
            catalogue,
            model: try profiled(settings),
            aws: aws,
            now: AWSAccess.now,
            write: { _ in }
        )
        let log = Log(format: .text, level: .fatal, now: Terminal.wallClock, write: { Terminal.write($0) })
        return await controller.run(
            .preview(at: Terminal.wallClock()),
            holder: "preview",
            within: StackOptions.timeout,
            log: log
        )
    }

    /// Nil for a model without a profile, as for the controller.
    private func profiled(_ settings: ControlSettings) throws -> ProfiledModel? {
        var name = settings.model ?? "the model"
        let configuration: ModelConfiguration
        if let model {
            configuration = try ConfigurationFile(model: model).configuration
        } else {
            do {
                (name, configuration) = try ModelRepository.configuration(
                    of: settings.model,
                    in: "template/models"
                )
            } catch { throw CommandFailure("\(error); name the deployed model's folder with --model") }
        }
        return try? ProfiledModel(name: name, configuration.profiles, slo: settings.slo, catalogue)
    }
}
