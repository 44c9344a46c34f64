/// Prices by service and item, each with its source and date: `service,item,region,price_usd,unit,basis,source,source_date,notes`.
package struct PriceList: Equatable, Sendable {
    package private(set) var rows: [PriceRow]
    private var positions: [Key: Int]

    private struct Key: Hashable {
        let service: String
        let item: String
    }

    /// The prices that come with the program; see `Prices/README.md`.
    package static func usEast1() throws(InvalidPriceList) -> PriceList {
        try PriceList(parsing: String(decoding: PackageResources.aws_us_east_1_csv, as: UTF8.self))
    }

    package init(parsing text: String) throws(InvalidPriceList) {
        var lines = CSV.lines(text)
        guard let header = lines.first, header.fields.first == "service" else {
            throw InvalidPriceList(line: 1, problem: .header)
        }
        lines.removeFirst()
        (rows, positions) = ([], [:])
        for line in lines {
            let fields = line.fields
            guard fields.count == 9 else {
                throw InvalidPriceList(line: line.number, problem: .columns(fields.count))
            }
            guard let price = Double(fields[3]), price.isFinite, price >= 0 else {
                throw InvalidPriceList(line: line.number, problem: .price(fields[3]))
            }
            set(
                PriceRow(
                    service: fields[0],
                    item: fields[1],
                    region: fields[2],
                    dollars: price,
                    unit: fields[4],
                    basis: fields[5],
                    source: fields[6],
                    sourceDate: fields[7],
                    notes: fields[8]
                )
            )
        }
    }

    /// Adds a row, or replaces that of the same service and item.
    package mutating func set(_ row: PriceRow) {
        let key = Key(service: row.service, item: row.item)
        if let position = positions[key] {
            rows[position] = row
        } else {
            positions[key] = rows.count
            rows.append(row)
        }
    }

    /// The rows of another list before those of this one.
    package mutating func override(with other: PriceList) { for row in other.rows { set(row) } }

    /// Replaces one price: `ec2-spot-linux-typical/c7g.large=0.031`.
    package mutating func override(_ text: String) throws(InvalidPriceList) {
        let sides = text.split(separator: "=", maxSplits: 1)
        let names = sides.first?.split(separator: "/", maxSplits: 1).map(String.init) ?? []
        guard sides.count == 2, names.count == 2, let price = Double(sides[1]), price.isFinite, price >= 0
        else { throw InvalidPriceList(line: 1, problem: .override(text)) }
        guard let row = self[names[0], names[1]] else {
            throw InvalidPriceList(line: 1, problem: .unknown(service: names[0], item: names[1]))
        }
        set(
            PriceRow(
                service: row.service,
                item: row.item,
                region: row.region,
                dollars: price,
                unit: row.unit,
                basis: "given",
                source: "the caller",
                sourceDate: "",
                notes: row.notes
            )
        )
    }

    package subscript(service: String, item: String) -> PriceRow? {
        positions[Key(service: service, item: item)].map { rows[$0] }
    }

    package func dollars(_ service: String, _ item: String) throws(InvalidPriceList) -> Double {
        guard let row = self[service, item] else {
            throw InvalidPriceList(line: 1, problem: .unknown(service: service, item: item))
        }
        return row.dollars
    }
}

/// A price list that is none.
package struct InvalidPriceList: Error, Equatable, CustomStringConvertible {
    package enum Problem: Equatable, Sendable {
        case header
        case columns(Int)
        case price(String)
        case override(String)
        case unknown(service: String, item: String)
    }

    package let line: Int
    package let problem: Problem

    package var description: String {
        switch problem {
        case .header:
            "the price list begins otherwise than with service,item,region,price_usd,unit,basis,source,source_date,notes"
        case .columns(let count): "line \(line) of the price list has \(count) columns; expected 9"
        case .price(let text):
            "line \(line) of the price list has the price '\(text)'; expected dollars, as 0.085"
        case .override(let text): "the price '\(text)' is not SERVICE/ITEM=DOLLARS"
        case .unknown(let service, let item):
            "the price list has no row \(service),\(item); add it to a file given with --prices"
        }
    }
}
