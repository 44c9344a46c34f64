/// Lines over a common x axis, as SVG.
package struct Chart {
    package struct Line {
        let name: String
        /// Class of the stroke.
        let style: String
        let points: [(x: Double, y: Double)]

        package init(name: String, style: String, points: [(x: Double, y: Double)]) {
            (self.name, self.style, self.points) = (name, style, points)
        }
    }

    /// An area between two lines.
    package struct Band {
        let name: String
        /// Class of the area.
        let style: String
        let points: [(x: Double, low: Double, high: Double)]

        package init(name: String, style: String, points: [(x: Double, low: Double, high: Double)]) {
            (self.name, self.style, self.points) = (name, style, points)
        }
    }

    /// A horizontal line with a name.
    package struct Mark {
        let name: String
        let y: Double

        package init(name: String, y: Double) { (self.name, self.y) = (name, y) }
    }

    let lines: [Line]
    let marks: [Mark]
    let xMax: Double
    let xTicks: [(x: Double, name: String)]
    let unit: String
    var bands: [Band] = []

    package init(
        lines: [Line],
        marks: [Mark] = [],
        bands: [Band] = [],
        xMax: Double,
        xTicks: [(x: Double, name: String)],
        unit: String
    ) {
        (self.lines, self.marks, self.bands) = (lines, marks, bands)
        (self.xMax, self.xTicks, self.unit) = (xMax, xTicks, unit)
    }

    private static let size = (width: 860.0, height: 260.0)
    private static let inset = (left: 58.0, right: 12.0, top: 12.0, bottom: 46.0)

    private var yMax: Double {
        let values =
            lines.flatMap { $0.points.map(\.y) } + marks.map(\.y) + bands.flatMap { $0.points.map(\.high) }
        return max(1e-9, values.max() ?? 1)
    }

    /// A round distance that makes four to eight steps of the y axis.
    private var yStep: Double {
        var step = 1e-6
        while yMax / step > 8 {
            for factor in [2.0, 2.5, 2] {
                step *= factor
                if yMax / step <= 8 { break }
            }
        }
        return step
    }

    private var yTop: Double { (yMax / yStep).rounded(.up) * yStep }

    private func x(_ value: Double) -> Double {
        Self.inset.left + value / xMax * (Self.size.width - Self.inset.left - Self.inset.right)
    }

    private func y(_ value: Double) -> Double {
        let height = Self.size.height - Self.inset.top - Self.inset.bottom
        return Self.inset.top + (1 - value / yTop) * height
    }

    package var svg: String {
        let title = lines.map(\.name).joined(separator: ", ")
        return
            "<svg viewBox=\"0 0 \(Int(Self.size.width)) \(Int(Self.size.height))\" role=\"img\" aria-label=\"\(title)\">"
            + axes + bands.map(svg).joined() + marks.map(svg).joined() + lines.map(svg).joined() + legend
            + "</svg>"
    }

    private var axes: String {
        var text = ""
        for step in 0...Int((yTop / yStep).rounded()) {
            let value = Double(step) * yStep
            text +=
                "<line class=\"grid\" x1=\"\(px(Self.inset.left))\" x2=\"\(px(Self.size.width - Self.inset.right))\""
            text += " y1=\"\(px(y(value)))\" y2=\"\(px(y(value)))\"/>"
            text +=
                "<text x=\"\(px(Self.inset.left - 6))\" y=\"\(px(y(value) + 4))\" text-anchor=\"end\">\(number(value)) \(unit)</text>"
        }
        for tick in xTicks {
            text += "<text x=\"\(px(x(tick.x)))\" y=\"\(px(Self.size.height - Self.inset.bottom + 18))\""
            text += " text-anchor=\"middle\">\(tick.name)</text>"
        }
        return text
    }

    private func svg(_ mark: Mark) -> String {
        "<line class=\"mark\" x1=\"\(px(Self.inset.left))\" x2=\"\(px(Self.size.width - Self.inset.right))\""
            + " y1=\"\(px(y(mark.y)))\" y2=\"\(px(y(mark.y)))\"/><text x=\"\(px(Self.size.width - Self.inset.right))\""
            + " y=\"\(px(y(mark.y) - 5))\" text-anchor=\"end\">\(mark.name)</text>"
    }

    private func svg(_ line: Line) -> String {
        let points = line.points.map { "\(px(x($0.x))),\(px(y($0.y)))" }.joined(separator: " ")
        return "<polyline class=\"line \(line.style)\" points=\"\(points)\"/>"
    }

    private func svg(_ band: Band) -> String {
        let upper = band.points.map { "\(px(x($0.x))),\(px(y($0.high)))" }
        let lower = band.points.reversed().map { "\(px(x($0.x))),\(px(y($0.low)))" }
        return "<polygon class=\"band \(band.style)\" points=\"\((upper + lower).joined(separator: " "))\"/>"
    }

    private var legend: String {
        guard lines.count + bands.count > 1 else { return "" }
        let y = Self.size.height - 8
        var x = Self.inset.left
        var text = ""
        for line in lines {
            text +=
                "<line class=\"line \(line.style)\" x1=\"\(px(x))\" x2=\"\(px(x + 18))\" y1=\"\(px(y - 4))\" y2=\"\(px(y - 4))\"/>"
            text += "<text x=\"\(px(x + 23))\" y=\"\(px(y))\">\(line.name)</text>"
            x += 48 + 6.5 * Double(line.name.count)
        }
        for band in bands {
            text +=
                "<rect class=\"band \(band.style)\" x=\"\(px(x))\" y=\"\(px(y - 10))\" width=\"18\" height=\"11\"/>"
            text += "<text x=\"\(px(x + 23))\" y=\"\(px(y))\">\(band.name)</text>"
            x += 48 + 6.5 * Double(band.name.count)
        }
        return text
    }

    private func px(_ value: Double) -> String { Decimal.text(value, digits: 1) }

    private func number(_ value: Double) -> String {
        Decimal.text(value, digits: yStep >= 1 ? 0 : yStep >= 0.1 ? 1 : yStep >= 0.01 ? 2 : 3)
    }
}
