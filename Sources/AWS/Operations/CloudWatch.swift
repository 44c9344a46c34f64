package import Wire

/// CloudWatch: what was counted.
package enum CloudWatch {
    package struct Query: Equatable, Sendable {
        package enum Source: Equatable, Sendable {
            /// One statistic of one metric: `Sum`, `Average`, `Maximum`, `SampleCount`, `p99`.
            case metric(namespace: String, name: String, dimensions: [Dimension], statistic: String)
            /// Metric math over the ids of other queries: `FILL(m1, 0)`.
            case expression(String)
        }

        package struct Dimension: Equatable, Sendable {
            package let name: String
            package let value: String

            package init(_ name: String, _ value: String) {
                self.name = name
                self.value = value
            }
        }

        /// A small letter, then letters, digits and underscores.
        package let id: String
        package let source: Source
        /// In seconds: a multiple of 60, or 1, 5, 10, 30.
        package let period: Int
        /// Whether it is in the answer, not only an operand.
        package let isReturned: Bool

        package init(_ id: String, _ source: Source, period: Int = 60, isReturned: Bool = true) {
            self.id = id
            self.source = source
            self.period = period
            self.isReturned = isReturned
        }

        var json: JSON {
            switch source {
            case .metric(let namespace, let name, let dimensions, let statistic):
                [
                    "Id": .string(id),
                    "MetricStat": [
                        "Metric": [
                            "Namespace": .string(namespace), "MetricName": .string(name),
                            "Dimensions": .array(
                                dimensions.map { ["Name": .string($0.name), "Value": .string($0.value)] }
                            ),
                        ],
                        "Period": .integer(Int64(period)), "Stat": .string(statistic),
                    ],
                    "ReturnData": .bool(isReturned),
                ]
            case .expression(let text):
                [
                    "Id": .string(id), "Expression": .string(text), "ReturnData": .bool(isReturned),
                    "Period": .integer(Int64(period)),
                ]
            }
        }
    }

    package struct Series: Equatable, Sendable {
        package let id: String
        /// `Complete`, or why values are missing.
        package var status: String
        /// Starts of periods with their values, in the order of time; periods without data are missing.
        package var points: [Point]

        package init(id: String, status: String, points: [Point]) {
            (self.id, self.status, self.points) = (id, status, points)
        }
    }

    package struct Point: Equatable, Sendable {
        package let time: WallClock
        package let value: Double

        package init(time: WallClock, value: Double) { (self.time, self.value) = (time, value) }
    }

    /// Values of metrics from a time up to but not with another.
    package static func getMetricData(_ queries: [Query], from start: WallClock, to end: WallClock) -> Call<
        [Series]
    > {
        Call(
            .cloudWatch,
            "GetMetricData",
            [
                "MetricDataQueries": .array(queries.map(\.json)),
                "StartTime": .integer(start.milliseconds / 1000),
                "EndTime": .integer(end.milliseconds / 1000), "ScanBy": "TimestampAscending",
            ]
        ) { answer throws(MalformedAnswer) in
            try answer["MetricDataResults"].list(series)
        }.paged(by: "NextToken", "NextToken") { series, more in
            // A page continues the series of the one before.
            for next in more {
                if let index = series.firstIndex(where: { $0.id == next.id }) {
                    series[index].points += next.points
                    series[index].status = next.status
                } else {
                    series.append(next)
                }
            }
        }
    }

    private static func series(_ item: Field) throws(MalformedAnswer) -> Series {
        let times = try item["Timestamps"].list { time throws(MalformedAnswer) in try time.time() }
        let values = try item["Values"].list { value throws(MalformedAnswer) in try value.number() }
        guard times.count == values.count else {
            throw MalformedAnswer(
                reason: "'\(item.path)' has \(times.count) times and \(values.count) values"
            )
        }
        return Series(
            id: try item["Id"].string(),
            status: item["StatusCode"].text ?? "Complete",
            points: zip(times, values).map { Point(time: $0, value: $1) }
        )
    }
}
