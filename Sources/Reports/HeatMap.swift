/// A table of coloured cells, as SVG: which of several is the best, over two quantities.
package struct HeatMap {
    package struct Cell {
        /// Class of the colour.
        let style: String
        /// A few characters.
        let text: String
        /// Told to those who point at it.
        let title: String

        package init(style: String, text: String, title: String) {
            (self.style, self.text, self.title) = (style, text, title)
        }
    }

    private let columns: (title: String, names: [String])
    private let rows: (title: String, names: [String])
    private let cells: [[Cell]]
    private let legend: [Legend.Entry]

    /// - Parameters:
    ///   - rows: from top to bottom.
    ///   - cells: [row][column].
    package init(
        columns: (title: String, names: [String]),
        rows: (title: String, names: [String]),
        cells: [[Cell]],
        legend: [Legend.Entry]
    ) {
        precondition(
            cells.count == rows.names.count && cells.allSatisfy { $0.count == columns.names.count },
            "a cell for each row and column"
        )
        (self.columns, self.rows, self.cells, self.legend) = (columns, rows, cells, legend)
    }

    private static let (width, left, bottom) = (860.0, 96.0, 44.0)
    private static let height = 34.0

    /// With its legend, for a page.
    package var figure: String {
        let width = (Self.width - Self.left) / Double(max(1, columns.names.count))
        let below = Self.height * Double(rows.names.count)
        var text = ""
        for (row, name) in rows.names.enumerated() {
            let y = Self.height * Double(row)
            text +=
                "<text x=\"\(px(Self.left - 8))\" y=\"\(px(y + 21))\" text-anchor=\"end\">\(Page.escaped(name))</text>"
            for (column, cell) in cells[row].enumerated() {
                text += svg(cell, x: Self.left + width * Double(column), y: y, width: width)
            }
        }
        for (column, name) in columns.names.enumerated() {
            let x = Self.left + width * (Double(column) + 0.5)
            text +=
                "<text x=\"\(px(x))\" y=\"\(px(below + 16))\" text-anchor=\"middle\">\(Page.escaped(name))</text>"
        }
        let middle = px(Self.left + (Self.width - Self.left) / 2)
        text +=
            "<text x=\"\(middle)\" y=\"\(px(below + 38))\" text-anchor=\"middle\">\(Page.escaped(columns.title))</text>"
        text += "<text transform=\"translate(12 \(px(below / 2))) rotate(-90)\" text-anchor=\"middle\">"
        text += Page.escaped(rows.title) + "</text>"
        return Page.figure(
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(below + Self.bottom))\" role=\"img\""
                + " aria-label=\"\(Page.escaped("Map over \(columns.title) and \(rows.title)"))\">\(text)</svg>",
            legend: Legend.html(legend)
        )
    }

    private func svg(_ cell: Cell, x: Double, y: Double, width: Double) -> String {
        "<g class=\"cell\"><rect class=\"band solid \(cell.style)\" x=\"\(px(x + 1))\" y=\"\(px(y + 1))\""
            + " width=\"\(px(width - 2))\" height=\"\(px(Self.height - 2))\" rx=\"3\"/>"
            + "<text class=\"inside\" x=\"\(px(x + width / 2))\" y=\"\(px(y + 21))\" text-anchor=\"middle\">"
            + "\(Page.escaped(cell.text))</text><title>\(Page.escaped(cell.title))</title></g>"
    }

    private func px(_ value: Double) -> String { Decimal.text(value, digits: 1) }
}
