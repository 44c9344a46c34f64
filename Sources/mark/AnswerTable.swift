import Wire

/// An answer for people: a row an item with its best classes, or the outputs' values.
struct AnswerTable {
    let answer: JSON
    /// What each item of the batch came from.
    let files: [String]

    var lines: [String] { (answer["outputs"]?.arrayValue ?? []).flatMap(lines) }

    private func lines(_ output: JSON) -> [String] {
        let shape = output["shape"]?.arrayValue?.compactMap(\.intValue) ?? []
        let data = output["data"]?.arrayValue ?? []
        let classes = data.compactMap { $0.stringValue.flatMap(Self.class) }
        if output["datatype"] == "BYTES", classes.count == data.count, let width = shape.last, width > 0 {
            return table(classes, width: width)
        }
        let values = data.prefix(20).map { String(decoding: $0.encoded(), as: UTF8.self) }.joined(
            separator: " "
        )
        let name = output["name"]?.stringValue ?? "?"
        return [
            "\(name) \(output["datatype"]?.stringValue ?? "") \(shape): \(values)\(data.count > 20 ? " …" : "")"
        ]
    }

    /// `score:index[:label]` as the protocol writes it.
    private static func `class`(_ text: String) -> (name: String, score: String)? {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count > 1, let score = Double(parts[0]) else { return nil }
        let thousandths = Int((score * 1000).rounded())
        let isShare = (0...1000).contains(thousandths)
        let shown = isShare ? "\(thousandths / 10).\(thousandths % 10) %" : String(parts[0])
        return (String(parts.count > 2 ? parts[2] : "class " + parts[1]), shown)
    }

    private func table(_ classes: [(name: String, score: String)], width: Int) -> [String] {
        let cells = classes.map { [$0.name, $0.score] }
        let rows = stride(from: 0, to: cells.count, by: width).map { start in
            let item = start / width
            let name = files.indices.contains(item) ? files[item] : "item \(item)"
            return [String(name.split(separator: "/").last ?? "")]
                + cells[start..<min(start + width, cells.count)].joined()
        }
        let columns = (rows.first ?? []).indices
        let widths = columns.map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, text in
                let blanks = String(repeating: " ", count: widths[column] - text.count)
                // Scores stand to the right of their column, as numbers do.
                return column > 0 && column % 2 == 0 ? blanks + text : text + blanks
            }.joined(separator: "  ")
        }
    }
}
