package import Wire

/// Metrics as a log line that CloudWatch reads them from: no call, no permission and no wait on the way of a request.
///
/// The line is one JSON object in either log format: Lambda passes JSON objects through as they are. Source: AWS, "Specification:
/// CloudWatch embedded metric format".
package struct EmbeddedMetrics: Equatable, Sendable {
    /// CloudWatch's names of units.
    package enum Unit: String, Sendable {
        case count = "Count"
        case countPerSecond = "Count/Second"
        case milliseconds = "Milliseconds"
        case seconds = "Seconds"
        case percent = "Percent"
        case bytes = "Bytes"
        /// Also of money, which CloudWatch has no unit for.
        case none = "None"
    }

    package struct Metric: Equatable, Sendable {
        package let name: String
        package let unit: Unit
        package let value: Double

        package init(_ name: String, _ unit: Unit, _ value: Double) {
            (self.name, self.unit, self.value) = (name, unit, value)
        }
    }

    package struct Dimension: Equatable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// What CloudWatch takes in one line; it drops the whole line otherwise.
    package static let (metricsMax, dimensionsMax) = (100, 30)

    package let namespace: String
    /// One set: every metric is found under all of them together.
    package let dimensions: [Dimension]
    package private(set) var metrics: [Metric] = []

    /// - Parameters:
    ///   - namespace: not empty.
    ///   - dimensions: at most `dimensionsMax`, with values that are not empty.
    package init(namespace: String = "MARK", dimensions: [Dimension]) {
        precondition(
            dimensions.count <= Self.dimensionsMax,
            "CloudWatch takes \(Self.dimensionsMax) dimensions"
        )
        self.namespace = namespace
        self.dimensions = dimensions
    }

    /// The stack's own metrics.
    package init(stack: String) { self.init(dimensions: [Dimension("Stack", stack)]) }

    /// Adds a metric, whose name must differ from all others in the line; one without a finite value is left out, as CloudWatch would
    /// drop the whole line for it.
    package mutating func add(_ name: String, _ unit: Unit, _ value: Double) {
        guard value.isFinite else { return }
        precondition(metrics.count < Self.metricsMax, "CloudWatch takes \(Self.metricsMax) metrics a line")
        metrics.append(Metric(name, unit, value))
    }

    /// The line with its newline.
    ///
    /// - Parameters:
    ///   - time: when the values were so.
    ///   - properties: fields beside the metrics, for whoever searches the log.
    package func line(at time: WallClock, properties: [JSON.Member] = []) -> [UInt8] {
        let directive: JSON = [
            "Namespace": .string(namespace),
            "Dimensions": [.array(dimensions.map { .string($0.name) })],
            "Metrics": .array(
                metrics.map { ["Name": .string($0.name), "Unit": .string($0.unit.rawValue)] }
            ),
        ]
        let members: [JSON.Member] =
            [
                .init(
                    "_aws",
                    ["Timestamp": .integer(time.milliseconds), "CloudWatchMetrics": [directive]]
                )
            ]
            + dimensions.map { .init($0.name, .string($0.value)) }
            + metrics.map { .init($0.name, Self.number($0.value)) } + properties
        return JSON.object(members).encoded() + [0x0A]
    }

    /// Counts without a point and a zero.
    private static func number(_ value: Double) -> JSON {
        Int64(exactly: value).map { .integer($0) } ?? .double(value)
    }
}
