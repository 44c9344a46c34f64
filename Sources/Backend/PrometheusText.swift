import Serving

/// Writes metrics in Prometheus's text format (version 0.0.4).
struct PrometheusText {
    private(set) var text = ""

    enum Kind: String { case counter, gauge, histogram }

    struct Label {
        let name: String
        let value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        /// Those of a version of a model.
        static func all(of model: Model) -> [Label] {
            [Label("model", model.name), Label("version", model.version)]
        }
    }

    /// Begins a metric; its samples follow.
    mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ name: String, _ labels: [Label] = [], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text +=
                "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }
        text += " \(Self.number(value))\n"
    }

    mutating func sample(_ name: String, _ labels: [Label] = [], _ value: Int) {
        sample(name, labels, Double(value))
    }

    /// Bounds and sum in seconds.
    mutating func histogram(_ name: String, _ labels: [Label], _ histogram: DurationHistogram) {
        var total = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            total += count
            sample("\(name)_bucket", labels + [Label("le", Self.number(bound / .seconds(1)))], total)
        }
        sample("\(name)_bucket", labels + [Label("le", "+Inf")], histogram.count)
        sample("\(name)_sum", labels, histogram.sum / .seconds(1))
        sample("\(name)_count", labels, histogram.count)
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
