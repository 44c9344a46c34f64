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

extension Catalogue {
    /// - Throws: `CommandFailure` that names the row.
    static func read(_ prices: PriceList) throws -> Catalogue {
        do { return try Catalogue(prices) } catch { throw CommandFailure("--prices: \(error)") }
    }

    /// Lambda and those types alone.
    ///
    /// - Throws: `CommandFailure` that names a type that nobody knows, and the nearest.
    func only(_ names: [String]) throws -> Catalogue {
        guard !names.isEmpty else { return self }
        let types = try names.map { name in
            guard let type = self[name] else {
                throw CommandFailure(
                    UnknownName.message(
                        "instance type",
                        name,
                        known: self.types.map(\.name),
                        option: "--instances"
                    )
                )
            }
            return type
        }
        return Catalogue(types: types, lambdaX86: lambdaX86, lambdaARM64: lambdaARM64)
    }
}
