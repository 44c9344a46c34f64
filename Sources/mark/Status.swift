import AWS
import ArgumentParser
import Control
import Fleet
import Wire

/// `mark status`: what a deployed stack is doing.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a deployed stack: load and forecast, fleet, route, objective and cost an hour.",
        discussion: """
            Shown is what the controller saw and decided at its last tick, and how old that is. It needs \
            lambda:GetFunctionConfiguration on the controller and dynamodb:GetItem on the stack's table.
            """
    )

    @OptionGroup
    var stack: StackOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let aws = try await stack.client()
        let settings = try await stack.settings(aws)
        let document: ControllerDocument?
        do {
            document = try await aws.send(
                settings.table.document(),
                deadline: AWSAccess.now().monotonic + StackOptions.timeout
            )?.document
        } catch { throw CommandFailure("\(error)") }
        guard let status = document?.status, status != .null else {
            throw CommandFailure(
                "the controller \(stack.function ?? "") has not carried out a tick yet; it does so once a minute, or its log says why"
            )
        }
        if json { return Terminal.write(status.encoded() + [10]) }
        for line in StatusTable(status, now: Terminal.wallClock()).lines { Terminal.line(line) }
    }
}
