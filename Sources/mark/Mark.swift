import ArgumentParser

/// The command line of MArk.
@main
struct Mark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark",
        abstract: "Serve machine learning models from Lambda, and try it all on this machine.",
        subcommands: [
            Up.self, Serve.self, Profile.self, LoadCommand.self, Train.self, ForecastCommand.self,
            SimulateCommand.self, PlanCommand.self, Status.self, Invoke.self, Optimize.self,
        ]
    )
}
