/// Lines and areas over a common x axis, as SVG.
package struct Chart {
    package struct Line {
        package let name: String
        /// Class of the stroke.
        package let style: String
        package let points: [(x: Double, y: Double)]

        /// - Parameter points: those that are infinite or no numbers are left out.
        package init(name: String, style: String, points: [(x: Double, y: Double)]) {
            (self.name, self.style) = (name, style)
            self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
        }
    }

    /// An area between two lines.
    package struct Band {
        package let name: String
        /// Class of the area.
        package let style: String
        package let points: [(x: Double, low: Double, high: Double)]

        package init(name: String, style: String, points: [(x: Double, low: Double, high: Double)]) {
            (self.name, self.style, self.points) = (name, style, points)
        }
    }

    /// A horizontal line with a name.
    package struct Mark {
        package let name: String
        package let y: Double

        package init(name: String, y: Double) { (self.name, self.y) = (name, y) }
    }

    package enum Scale { case linear, logarithmic }

    let lines: [Line]
    let marks: [Mark]
    let bands: [Band]
    let xMax: Double
    let xTicks: [(x: Double, name: String)]
    let unit: String
    /// Of the x axis, for what is told to those who point at it; nil tells nothing.
    let xName: ((Double) -> String)?
    let axis: Axis

    /// - Parameters:
    ///   - unit: of the y axis; `$` and what begins with `/` are written as usual.
    ///   - yMax: where the axis ends; nil for what fits all.
    package init(
        lines: [Line] = [],
        marks: [Mark] = [],
        bands: [Band] = [],
        xMax: Double,
        xTicks: [(x: Double, name: String)],
        unit: String,
        scale: Scale = .linear,
        yMax: Double? = nil,
        xName: ((Double) -> String)? = nil
    ) {
        (self.lines, self.marks, self.bands) = (lines, marks, bands)
        (self.xMax, self.xTicks, self.unit, self.xName) = (max(xMax, 1e-9), xTicks, unit, xName)
        let values =
            lines.flatMap { $0.points.map(\.y) } + marks.map(\.y) + bands.flatMap { $0.points.map(\.high) }
        let largest = yMax ?? values.max() ?? 1
        switch scale {
        case .linear: axis = Axis(linearTo: largest)
        case .logarithmic:
            let smallest = values.filter { $0 > 0 }.min() ?? largest
            axis = Axis(logarithmicOver: min(smallest, largest)...largest)
        }
    }

    static let size = (width: 860.0, height: 250.0)
    static let inset = (left: 72.0, right: 12.0, top: 14.0, bottom: 26.0)

    func x(_ value: Double) -> Double {
        Self.inset.left + value / xMax * (Self.size.width - Self.inset.left - Self.inset.right)
    }

    func y(_ value: Double) -> Double {
        Self.inset.top + (1 - axis.share(value)) * (Self.size.height - Self.inset.top - Self.inset.bottom)
    }

    /// With its legend, for a page.
    package var figure: String {
        let names = (lines.map(\.name) + bands.map(\.name)).joined(separator: ", ")
        let entries =
            lines.map { Legend.Entry(name: $0.name, style: $0.style, form: .line) }
            + bands.reversed().map { Legend.Entry(name: $0.name, style: $0.style, form: .area) }
        return Page.figure(
            "<svg viewBox=\"0 0 \(Int(Self.size.width)) \(Int(Self.size.height))\" role=\"img\""
                + " aria-label=\"Chart of \(Page.escaped(names))\">" + drawing + "</svg>",
            legend: entries.count > 1 ? Legend.html(entries) : ""
        )
    }
}
