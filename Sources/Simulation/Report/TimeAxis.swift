import Reports

/// The minutes of a load as a horizontal axis.
struct TimeAxis {
    let minutes: Int
    /// The first minute, since midnight of any day.
    let start: Int

    /// Pairs of points that a picture 800 wide can show.
    static let stretches = 360

    var xMax: Double { Double(max(1, minutes - 1)) }

    /// Whole hours or days, about ten of them.
    var ticks: [(x: Double, name: String)] {
        let steps = [1, 5, 10, 30, 60, 120, 240, 720, 1440, 2880, 10_080, 20_160, 40_320]
        let step = steps.first { minutes / $0 <= 10 } ?? 40_320
        let first = (step - start % step) % step
        return stride(from: first, to: max(minutes, 1), by: step).map {
            (Double($0), name(Double($0), step: step))
        }
    }

    /// As `day 2, 13:05`.
    func name(_ minute: Double) -> String {
        let since = start % 1440 + Int(minute)
        let time = "\(Self.two(since / 60 % 24)):\(Self.two(since % 60))"
        return minutes > 1440 ? "day \(since / 1440 + 1), \(time)" : time
    }

    private func name(_ minute: Double, step: Int) -> String {
        guard step < 1440 else { return "day \((start % 1440 + Int(minute)) / 1440 + 1)" }
        let since = start % 1440 + Int(minute)
        return "\(Self.two(since / 60 % 24)):\(Self.two(since % 60))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// A series with its peaks kept.
    func line(_ name: String, _ style: String, _ values: [Double?]) -> Chart.Line {
        let known = values.indices.filter { values[$0] != nil }
        let kept = Sampling.peaks(known.map { values[$0] ?? 0 }, stretches: Self.stretches)
        return Chart.Line(
            name: name,
            style: style,
            points: kept.map { (x: Double(known[$0]), y: values[known[$0]] ?? 0) }
        )
    }

    /// Areas on each other, with the peaks of their sum kept.
    func stacked(_ layers: [Chart.Layer]) -> [Chart.Band] {
        var sums = [Double](repeating: 0, count: minutes)
        for layer in layers { for minute in sums.indices { sums[minute] += layer.values[minute] } }
        let kept = Sampling.peaks(sums, stretches: Self.stretches)
        let sampled = layers.map { layer in
            Chart.Layer(name: layer.name, style: layer.style, values: kept.map { layer.values[$0] })
        }
        return Chart.Band.stacked(sampled, x: kept.map(Double.init))
    }

    func chart(
        _ lines: [Chart.Line],
        bands: [Chart.Band] = [],
        marks: [Chart.Mark] = [],
        unit: String,
        scale: Chart.Scale = .linear
    ) -> Chart {
        Chart(
            lines: lines,
            marks: marks,
            bands: bands,
            xMax: xMax,
            xTicks: ticks,
            unit: unit,
            scale: scale,
            xName: name
        )
    }
}
