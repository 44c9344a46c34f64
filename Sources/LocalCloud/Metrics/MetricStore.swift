package import Wire

/// CloudWatch's metrics: values by the minute, which can be asked for only some time after the minute is over.
package struct MetricStore: Sendable {
    package struct Name: Hashable, Sendable {
        package let namespace: String
        package let metric: String
        package let dimensions: [String: String]

        package init(_ namespace: String, _ metric: String, _ dimensions: [String: String]) {
            (self.namespace, self.metric, self.dimensions) = (namespace, metric, dimensions)
        }
    }

    /// From the end of a minute until its values are there.
    package let delay: Duration
    private var metrics: [Name: [Int64: MetricBucket]] = [:]

    /// Bounds on what a program that makes up names could cost, and on what a day leaves.
    private static let namesMax = 2000
    private static let minutesMax = 1500

    package init(delay: Duration) { self.delay = delay }

    package var names: [Name] {
        func key(_ name: Name) -> String {
            let dimensions = name.dimensions.sorted { $0.key < $1.key }.map { $0.key + "=" + $0.value }
            return ([name.namespace, name.metric] + dimensions).joined(separator: "\n")
        }
        return metrics.keys.sorted { key($0) < key($1) }
    }

    /// - Parameter weight: how many such values it stands for.
    package mutating func record(_ name: Name, _ value: Double, weight: Double = 1, at time: WallClock) {
        guard metrics[name] != nil || metrics.count < Self.namesMax else { return }
        let minute = time.milliseconds / 60_000
        metrics[name, default: [:]][minute, default: MetricBucket()].record(value, weight: weight)
        if metrics[name]?.count ?? 0 > Self.minutesMax {
            metrics[name] = metrics[name]?.filter { $0.key > minute - Int64(Self.minutesMax) / 2 }
        }
    }

    /// A statistic by periods from a time up to but not with another, in the order of time; periods without values are missing.
    ///
    /// - Parameter period: in minutes.
    func series(
        _ name: Name,
        _ statistic: Statistic,
        period: Int64,
        from start: WallClock,
        to end: WallClock,
        now: WallClock
    ) -> [Int64: Double] {
        let visible = (now.milliseconds - Int64(delay / .milliseconds(1))) / 60_000
        let first = start.milliseconds / 60_000 / period
        var periods: [Int64: MetricBucket] = [:]
        for (minute, bucket) in metrics[name] ?? [:] where minute < visible {
            let number = minute / period
            guard number >= first, number * period * 60_000 < end.milliseconds else { continue }
            periods[number, default: MetricBucket()].merge(bucket)
        }
        return Dictionary(
            uniqueKeysWithValues: periods.compactMap { number, bucket in
                bucket.value(statistic).map { (number * period, $0) }
            }
        )
    }
}

extension MetricStore {
    /// Takes the metrics out of a line of log (CloudWatch User Guide, "Specification: Embedded metric format").
    ///
    /// The line's own timestamp is of the program's clock; the value counts for now.
    package mutating func ingest(_ line: String, weight: Double, at time: WallClock) {
        // Most lines are none, and cost only this look.
        guard line.utf8.first == UInt8(ascii: "{"), line.contains("\"_aws\""),
            let entry = try? JSON(parsing: Array(line.utf8))
        else { return }
        for directive in entry["_aws"]?["CloudWatchMetrics"]?.arrayValue ?? [] {
            guard let namespace = directive["Namespace"]?.stringValue else { continue }
            for names in directive["Dimensions"]?.arrayValue ?? [[]] {
                var dimensions: [String: String] = [:]
                for name in names.arrayValue?.compactMap(\.stringValue) ?? [] {
                    dimensions[name] = entry[name]?.stringValue
                }
                for metric in directive["Metrics"]?.arrayValue ?? [] {
                    guard let metric = metric["Name"]?.stringValue, let value = entry[metric] else {
                        continue
                    }
                    for number in (value.arrayValue ?? [value]).compactMap(\.doubleValue) {
                        record(Name(namespace, metric, dimensions), number, weight: weight, at: time)
                    }
                }
            }
        }
    }
}
