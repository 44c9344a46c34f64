import ArgumentParser
import Planning

/// What things cost: the prices that come with the program, and what the caller knows better.
struct PriceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Prices that replace the program's: a CSV file like its own, or one as ec2-spot-linux-typical/c7g.large=0.031. Repeatable.",
            valueName: "file|service/item=dollars"
        )
    )
    var prices: [String] = []

    func list() throws -> PriceList {
        do {
            var list = try PriceList.usEast1()
            for text in prices {
                if text.contains("=") {
                    try list.override(text)
                } else {
                    list.override(with: try PriceList(parsing: Files.text(text)))
                }
            }
            return list
        } catch let error as InvalidPriceList {
            throw CommandFailure("--prices: \(error)")
        }
    }
}

/// What may be rented.
struct InstanceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Types of instances to choose from, with commas. Default: all that can serve the model.",
            valueName: "list"
        )
    )
    var instances: String?

    @Flag(help: "Rent nothing on the spot market.")
    var noSpot = false

    /// - Throws: `CommandFailure` that names a type that nobody knows and the nearest.
    func choose(from all: Catalogue) throws -> Catalogue {
        let names = instances?.split(separator: ",").map(String.init) ?? all.types.map(\.name)
        let types = try names.map { name in
            guard let type = all[name] else {
                let known = all.types.map(\.name)
                throw CommandFailure(
                    UnknownName.message("instance type", name, known: known, option: "--instances")
                )
            }
            return noSpot ? type.withoutSpot : type
        }
        return Catalogue(types: types, lambdaX86: all.lambdaX86, lambdaARM64: all.lambdaARM64)
    }
}

extension Catalogue {
    /// - Throws: `CommandFailure` that names the row.
    static func read(_ prices: PriceList) throws -> Catalogue {
        do { return try Catalogue(prices) } catch { throw CommandFailure("--prices: \(error)") }
    }
}
