import ArgumentParser

/// Over what a sweep goes.
struct SweepOptions: ParsableArguments {
    @Flag(help: "Instead: the map of what is cheapest, over steady rates and latencies.")
    var sweep = false

    @Option(help: ArgumentHelp("Requests per second of the map's columns.", valueName: "list"))
    var rates = "0.1,0.3,1,3,10,30,100,300,1000,3000"

    @Option(help: ArgumentHelp("Milliseconds on one vCPU of the map's rows.", valueName: "list"))
    var latencies = "5,10,20,50,100,200,500"

    /// - Throws: `CommandFailure` that names the list.
    static func numbers(_ text: String, _ option: String) throws -> [Double] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0) }.filter { $0.isFinite && $0 > 0 }
        guard numbers.count == parts.count, (1...24).contains(numbers.count) else {
            throw CommandFailure(
                "\(option) is '\(text)'; expected 1 to 24 numbers above 0 with commas, as 1,10,100"
            )
        }
        return numbers.sorted()
    }
}
