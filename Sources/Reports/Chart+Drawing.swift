/// The parts of the picture, the ones in front last.
extension Chart {
    var drawing: String {
        grid + bands.map(svg).joined() + lines.map(svg).joined() + marks.map(svg).joined() + notes
    }

    private var grid: String {
        var text = ""
        for tick in axis.ticks {
            let y = px(y(tick))
            text +=
                "<line class=\"grid\" x1=\"\(px(Self.inset.left))\" x2=\"\(px(right))\" y1=\"\(y)\" y2=\"\(y)\"/>"
            text +=
                "<text x=\"\(px(Self.inset.left - 6))\" y=\"\(px(self.y(tick) + 4))\" text-anchor=\"end\">"
            text += Page.escaped(axis.name(tick, unit: unit)) + "</text>"
        }
        for tick in xTicks {
            text += "<text x=\"\(px(x(tick.x)))\" y=\"\(px(bottom + 18))\" text-anchor=\"\(anchor(tick.x))\">"
            text += Page.escaped(tick.name) + "</text>"
        }
        return text
    }

    /// The last name ends where the axis does.
    private func anchor(_ value: Double) -> String { value >= 0.97 * xMax ? "end" : "middle" }

    private func svg(_ mark: Mark) -> String {
        let y = y(mark.y)
        return
            "<line class=\"mark\" x1=\"\(px(Self.inset.left))\" x2=\"\(px(right))\" y1=\"\(px(y))\" y2=\"\(px(y))\"/>"
            + "<text class=\"name\" x=\"\(px(right))\" y=\"\(px(y - 5))\" text-anchor=\"end\">\(Page.escaped(mark.name))</text>"
    }

    private func svg(_ line: Line) -> String {
        guard line.points.count > 1 else {
            return line.points.map {
                "<circle class=\"dot \(line.style)\" cx=\"\(px(x($0.x)))\" cy=\"\(px(y($0.y)))\" r=\"3\"/>"
            }.joined()
        }
        let points = line.points.map { "\(px(x($0.x))),\(px(y($0.y)))" }.joined(separator: " ")
        return "<polyline class=\"line \(line.style)\" points=\"\(points)\"/>"
    }

    private func svg(_ band: Band) -> String {
        let upper = band.points.map { "\(px(x($0.x))),\(px(y($0.high)))" }
        let lower = band.points.reversed().map { "\(px(x($0.x))),\(px(y($0.low)))" }
        return "<polygon class=\"band \(band.style)\" points=\"\((upper + lower).joined(separator: " "))\"/>"
    }

    // MARK: What is told to those who point at a place

    private static let notesMax = 120

    private var notes: String {
        guard let xName else { return "" }
        let places = Set(lines.flatMap { $0.points.map(\.x) } + bands.flatMap { $0.points.map(\.x) }).sorted()
        let shown = stride(
            from: 0,
            to: places.count,
            by: max(1, (places.count + Self.notesMax - 1) / Self.notesMax)
        )
        .map { places[$0] }
        return shown.indices.map { index in
            let place = shown[index]
            let start = index > 0 ? (shown[index - 1] + place) / 2 : min(0, place)
            let end = index + 1 < shown.count ? (shown[index + 1] + place) / 2 : xMax
            return
                "<rect class=\"note\" x=\"\(px(x(start)))\" y=\"\(px(Self.inset.top))\" width=\"\(px(x(end) - x(start)))\""
                + " height=\"\(px(bottom - Self.inset.top))\"><title>\(Page.escaped(note(place, xName(place))))</title></rect>"
        }.joined()
    }

    private func note(_ place: Double, _ name: String) -> String {
        let values =
            lines.compactMap { line in
                nearest(line.points.map(\.x), place).map { (line.name, line.points[$0].y) }
            }
            + bands.reversed().compactMap { band in
                nearest(band.points.map(\.x), place).map {
                    (band.name, band.points[$0].high - band.points[$0].low)
                }
            }
        return ([name] + values.map { "\($0): \(Decimal.quantity(Self.value($1), unit))" }).joined(
            separator: "\n"
        )
    }

    /// The index of the place in ascending ones that is the nearest, if it is within a fiftieth of the axis.
    private func nearest(_ places: [Double], _ place: Double) -> Int? {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return [low - 1, low].filter { places.indices.contains($0) }
            .min { abs(places[$0] - place) < abs(places[$1] - place) }
            .flatMap { abs(places[$0] - place) <= xMax / 50 ? $0 : nil }
    }

    private static func value(_ value: Double) -> String {
        Decimal.grouped(value, digits: value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3)
    }

    private var right: Double { Self.size.width - Self.inset.right }
    private var bottom: Double { Self.size.height - Self.inset.bottom }

    private func px(_ value: Double) -> String { Decimal.text(value, digits: 1) }
}
