/// Horizontal bars, each a sum of parts, as SVG.
package struct Bars {
    package struct Part {
        let name: String
        /// Class of the colour.
        let style: String

        package init(name: String, style: String) { (self.name, self.style) = (name, style) }
    }

    package struct Row {
        let name: String
        /// One for each part.
        let values: [Double]
        /// Said behind the bar.
        let label: String

        package init(name: String, values: [Double], label: String) {
            (self.name, self.values, self.label) = (name, values, label)
        }
    }

    /// A vertical line with a name.
    package struct Mark {
        let name: String
        let value: Double

        package init(name: String, value: Double) { (self.name, self.value) = (name, value) }
    }

    private let parts: [Part]
    private let rows: [Row]
    private let mark: Mark?
    private let value: (Double) -> String

    /// - Parameter value: how a value is written.
    package init(parts: [Part], rows: [Row], mark: Mark? = nil, value: @escaping (Double) -> String) {
        for row in rows {
            precondition(
                row.values.count == parts.count,
                "\(row.name) has \(row.values.count) values for \(parts.count) parts"
            )
        }
        (self.parts, self.rows, self.mark, self.value) = (parts, rows, mark, value)
    }

    private static let width = 860.0
    private static let height = 26.0
    private static let right = 110.0

    /// Where bars begin: behind the longest name.
    private var left: Double { min(330, 20 + 7 * Double(rows.map(\.name.count).max() ?? 0)) }

    /// With its legend, for a page.
    package var figure: String {
        let top = mark == nil ? 4.0 : 20
        let height = Self.height * Double(rows.count) + top
        let names = parts.map(\.name).joined(separator: ", ")
        let largest = max(1e-12, mark?.value ?? 0, rows.map { $0.values.reduce(0, +) }.max() ?? 1)
        let scale = (Self.width - left - Self.right) / largest
        let shown = parts.indices.filter { part in rows.contains { $0.values[part] > 0 } }
        let drawing = rows.enumerated().map { svg($1, y: Self.height * Double($0) + top, scale: scale) }
            .joined()
        return Page.figure(
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(height))\" role=\"img\" aria-label=\"Bars of \(Page.escaped(names))\">"
                + (mark.map { svg($0, height: height, scale: scale) } ?? "") + drawing + "</svg>",
            legend: Legend.html(shown.map { Legend.Entry(name: parts[$0].name, style: parts[$0].style) })
        )
    }

    private func svg(_ mark: Mark, height: Double, scale: Double) -> String {
        let x = px(left + mark.value * scale)
        return "<line class=\"mark\" x1=\"\(x)\" x2=\"\(x)\" y1=\"16\" y2=\"\(px(height))\"/>"
            + "<text class=\"name\" x=\"\(x)\" y=\"11\" text-anchor=\"middle\">"
            + "\(Page.escaped("\(mark.name) \(value(mark.value))"))</text>"
    }

    private func svg(_ row: Row, y: Double, scale: Double) -> String {
        var x = left
        var text =
            "<text class=\"row\" x=\"\(px(x - 8))\" y=\"\(px(y + 14))\" text-anchor=\"end\">\(Page.escaped(row.name))</text>"
        for (part, value) in zip(parts, row.values) where value > 0 {
            let width = value * scale
            text +=
                "<rect class=\"band solid \(part.style)\" x=\"\(px(x))\" y=\"\(px(y))\" width=\"\(px(width))\" height=\"18\">"
            text += "<title>\(Page.escaped("\(row.name)\n\(part.name): \(self.value(value))"))</title></rect>"
            x += width
        }
        return text + "<text x=\"\(px(x + 6))\" y=\"\(px(y + 14))\">\(Page.escaped(row.label))</text>"
    }

    private func px(_ value: Double) -> String { Decimal.text(value, digits: 1) }
}
