import Reports
import Testing

@Suite struct `A chart` {
    private func chart(
        _ points: [(x: Double, y: Double)],
        scale: Chart.Scale = .linear,
        unit: String = "/s",
        xName: ((Double) -> String)? = nil
    ) -> String {
        Chart(
            lines: [.init(name: "a & b", style: "a", points: points)],
            xMax: 10,
            xTicks: [(0, "start"), (10, "end")],
            unit: unit,
            scale: scale,
            xName: xName
        ).figure
    }

    @Test(arguments: [
        (0.7, ["0.0/s", "0.1/s", "0.7/s"]), (9.0, ["0/s", "2/s", "10/s"]), (104.0, ["0/s", "20/s", "120/s"]),
        (12_000.0, ["0/s", "2,000/s", "12,000/s"]),
    ])
    func `has a round axis that ends at or above the highest value`(highest: Double, names: [String]) {
        let svg = chart([(0, 0), (10, highest)])
        for name in names { #expect(svg.contains(">\(name)<"), "no \(name) for \(highest)") }
    }

    @Test func `writes dollars before the number`() {
        #expect(chart([(0, 0), (10, 9)], unit: "$").contains(">$10<"))
    }

    @Test func `has ones, twos and fives on a logarithmic axis`() {
        let svg = chart([(0, 30), (10, 900)], scale: .logarithmic, unit: "ms")
        for name in ["20 ms", "50 ms", "100 ms", "200 ms", "500 ms", "1,000 ms"] {
            #expect(svg.contains(">\(name)<"))
        }
        #expect(!svg.contains(">10 ms<"))
    }

    @Test func `shows each tenfold as high as the next on a logarithmic axis`() {
        let heights = points(of: chart([(0, 1), (5, 10), (10, 100)], scale: .logarithmic)).map(\.y)
        #expect(abs((heights[0] - heights[1]) - (heights[1] - heights[2])) < 0.11)
    }

    @Test func `tells what is at a place, with its name`() {
        let svg = chart([(0, 1), (5, 1234), (10, 2)]) { "minute \(Int($0))" }
        #expect(svg.contains("<title>minute 5\na &amp; b: 1,234/s</title>"))
    }

    @Test func `says nothing of places that have no names`() {
        #expect(!chart([(0, 1), (10, 2)]).contains("<title>"))
    }

    @Test func `draws a single point`() { #expect(chart([(5, 1)]).contains("<circle")) }

    @Test func `draws a load of nothing`() {
        #expect(!chart([(0, 0), (10, 0)]).contains("nan"))
        #expect(!chart([], scale: .logarithmic).contains("nan"))
    }

    @Test func `has a legend when there is more than one thing to tell apart`() {
        let lines = ["one", "two"].map { Chart.Line(name: $0, style: "a", points: [(0, 1), (1, 2)]) }
        let svg = Chart(lines: lines, xMax: 1, xTicks: [], unit: "").figure
        #expect(svg.contains("<ul class=\"legend\">") && svg.contains("</i>two</li>"))
        #expect(!chart([(0, 1)]).contains("legend"))
    }

    /// Of the first line.
    private func points(of svg: String) -> [(x: Double, y: Double)] {
        guard let start = svg.firstRange(of: "points=\"")?.upperBound else { return [] }
        return svg[start...].prefix { $0 != "\"" }.split(separator: " ").map {
            let parts = $0.split(separator: ",").compactMap { Double($0) }
            return (parts[0], parts[1])
        }
    }
}

@Suite struct `Stacked areas` {
    @Test func `lie on each other, the first at the bottom`() {
        let bands = Chart.Band.stacked(
            [
                .init(name: "spot", style: "a", values: [1, 2, 3]),
                .init(name: "lambda", style: "b", values: [4, 0, 1]),
            ],
            x: [0, 1, 2]
        )
        #expect(bands.map(\.name) == ["spot", "lambda"])
        #expect(bands[0].points.map(\.low) == [0, 0, 0] && bands[0].points.map(\.high) == [1, 2, 3])
        #expect(bands[1].points.map(\.low) == [1, 2, 3] && bands[1].points.map(\.high) == [5, 2, 4])
    }

    @Test func `leave out what is nothing everywhere`() {
        let bands = Chart.Band.stacked(
            [
                .init(name: "none", style: "a", values: [0, 0]),
                .init(name: "some", style: "b", values: [0, 2]),
            ],
            x: [0, 1]
        )
        #expect(bands.map(\.name) == ["some"])
        #expect(bands[0].points.map(\.high) == [0, 2])
    }

    @Test func `tell the height of each, not of the sum`() {
        let bands = Chart.Band.stacked(
            [
                .init(name: "spot", style: "a", values: [3, 3]),
                .init(name: "lambda", style: "b", values: [4, 4]),
            ],
            x: [0, 1]
        )
        let svg = Chart(bands: bands, xMax: 1, xTicks: [], unit: "/s") { "at \(Int($0))" }.figure
        #expect(svg.contains("<title>at 0\nlambda: 4.00/s\nspot: 3.00/s</title>"))
    }
}

extension Chart {
    fileprivate init(
        bands: [Band],
        xMax: Double,
        xTicks: [(x: Double, name: String)],
        unit: String,
        _ xName: @escaping (Double) -> String
    ) {
        self.init(lines: [], bands: bands, xMax: xMax, xTicks: xTicks, unit: unit, xName: xName)
    }
}

@Suite struct `Bars and maps` {
    @Test func `parts of a bar are as long as their values, one after the other`() throws {
        let svg = Bars(
            parts: [.init(name: "late", style: "a"), .init(name: "refused", style: "b")],
            rows: [
                .init(name: "<x>", values: [1, 3], label: "4"), .init(name: "y", values: [0, 2], label: "2"),
            ],
            value: { "\(Int($0))" }
        ).figure
        let widths = svg.matches(of: /<rect[^>]* x="([\d.]+)"[^>]* width="([\d.]+)"/).map {
            (x: Double($0.1) ?? 0, width: Double($0.2) ?? 0)
        }
        try #require(widths.count == 3)
        #expect(abs(widths[1].width - 3 * widths[0].width) < 0.4)
        #expect(abs(widths[1].x - widths[0].x - widths[0].width) < 0.11)
        #expect(widths[2].x == widths[0].x)
        #expect(svg.contains("<title>&lt;x>\nrefused: 3</title>"))
    }

    @Test func `a mark on bars is within the picture though all bars are shorter`() {
        let svg = Bars(
            parts: [.init(name: "late", style: "a")],
            rows: [.init(name: "x", values: [0.1], label: "")],
            mark: .init(name: "allowed", value: 2),
            value: { "\($0) %" }
        ).figure
        #expect(svg.contains(">allowed 2.0 %<"))
        #expect(svg.contains("x1=\"750.0\""))
    }

    @Test func `a map has a cell for each row and column, with what it is`() {
        let cell = HeatMap.Cell(style: "a", text: "0.5", title: "half")
        let svg = HeatMap(
            columns: ("rate", ["1", "2", "3"]),
            rows: ("latency", ["x", "y"]),
            cells: Array(repeating: Array(repeating: cell, count: 3), count: 2),
            legend: [.init(name: "spot", style: "a")]
        ).figure
        #expect(svg.matches(of: /<rect/).count == 6 && svg.matches(of: /<title>half/).count == 6)
        #expect(svg.contains("aria-label=\"Map over rate and latency\""))
    }
}
