import LocalCloud
import Testing
import Wire

@Suite struct `CloudWatch's metrics` {
    private static let latency = MetricStore.Name("AWS/ApiGateway", "Latency", ["ApiId": "local"])
    private let noon = ServicesWorld.noon
    private var store = MetricStore(delay: .seconds(50))

    private func query(_ id: String, _ stat: String, period: Int64 = 60, metric: String = "Latency") -> JSON {
        let metric: JSON = [
            "Namespace": "AWS/ApiGateway", "MetricName": .string(metric),
            "Dimensions": [["Name": "ApiId", "Value": "local"]],
        ]
        return [
            "Id": .string(id),
            "MetricStat": ["Metric": metric, "Period": .integer(period), "Stat": .string(stat)],
        ]
    }

    private func ask(_ queries: [JSON], minutes: Int = 10, now: WallClock) throws -> [String: [Double]] {
        let request: JSON = [
            "MetricDataQueries": .array(queries), "StartTime": .integer(noon.milliseconds / 1000),
            "ScanBy": "TimestampAscending",
            "EndTime": .integer(noon.milliseconds / 1000 + Int64(minutes) * 60),
        ]
        let results =
            try store.answer("GetMetricData", request, now: now)["MetricDataResults"]?.arrayValue ?? []
        return Dictionary(
            uniqueKeysWithValues: results.map { result in
                (
                    result["Id"]?.stringValue ?? "",
                    result["Values"]?.arrayValue?.compactMap(\.doubleValue) ?? []
                )
            }
        )
    }

    @Test mutating func `a minute shows when it is over and its delay too`() throws {
        store.record(Self.latency, 5, at: noon + .seconds(1))
        store.record(Self.latency, 7, at: noon + .seconds(61))
        #expect(try ask([query("a", "Sum")], now: noon + .seconds(109))["a"] == [])
        #expect(try ask([query("a", "Sum")], now: noon + .seconds(110))["a"] == [5])
        #expect(try ask([query("a", "Sum")], now: noon + .seconds(170))["a"] == [5, 7])
        #expect(
            try ask([query("a", "Sum")], minutes: 1, now: noon + .seconds(170))["a"] == [5],
            "the end is left out"
        )
        #expect(try ask([query("a", "Sum", period: 300)], now: noon + .seconds(170))["a"] == [12])
    }

    @Test mutating func `statistics are right, each value for as many as it stands for`() throws {
        for value in 1...1000 { store.record(Self.latency, Double(value), weight: 12, at: noon) }
        let later = noon + .seconds(600)
        let stats = [
            "Sum", "SampleCount", "Average", "Minimum", "Maximum", "p50", "p99", "PR(:300)", "PR(900:)",
            "PR(100:200)",
        ]
        let found = try ask(stats.enumerated().map { query("q\($0)", $1) }, now: later)
        let values = stats.indices.compactMap { found["q\($0)"]?.first }
        #expect(values[..<5] == [12 * 500_500, 12_000, 500.5, 1, 1000])
        for (value, expected) in zip(values[5...], [500, 990, 30, 10, 10]) {
            #expect(
                abs(value - Double(expected)) <= 0.03 * Double(expected) + 0.5,
                "\(value) is not \(expected)"
            )
        }
    }

    @Test mutating func `expressions fill, divide and name each other`() throws {
        store.record(Self.latency, 6, at: noon + .seconds(60))
        let queries: [JSON] = [
            query("m", "Sum"), ["Id": "filled", "Expression": "FILL(m, 0)"],
            ["Id": "rate", "Expression": "(filled + 6 * 2) / 6 - 1"],
            ["Id": "none", "Expression": "m / (m - m)"],
        ]
        let found = try ask(queries, minutes: 3, now: noon + .seconds(600))
        #expect(found == ["m": [6], "filled": [0, 6, 0], "rate": [1, 2, 1], "none": []])
    }

    @Test(
        arguments: [
            ["Id": "A", "Expression": "m"], ["Id": "a", "Expression": "b"],
            ["Id": "a", "Expression": "a + 1"],
            ["Id": "a", "Expression": "SUM(m)"], ["Id": "a", "Expression": "m +"], ["Id": "a"],
            ["Id": "a", "Expression": "1 + 1"],
        ] as [JSON]
    )
    func `a query that makes no sense is refused`(query: JSON) throws {
        #expect(throws: ServiceFailure.self) {
            try ask([query, self.query("m", "Sum")], now: noon + .seconds(600))
        }
    }

    @Test func `an unknown statistic and a period of seconds are refused`() {
        #expect(throws: ServiceFailure.self) { try ask([query("a", "median")], now: noon) }
        #expect(throws: ServiceFailure.self) { try ask([query("a", "Sum", period: 10)], now: noon) }
    }

    @Test mutating func `a line in the embedded metric format counts, any other does not`() throws {
        let line =
            #"{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"MARK","Dimensions":[["Stack"],[]],"#
            + #""Metrics":[{"Name":"Load","Unit":"Count/Second"},{"Name":"Late"}]}]},"Stack":"s","Load":[1,3],"Other":9}"#
        for text in [line, "text", "{\"a\":1}", "{\"_aws\": broken"] {
            store.ingest(text, weight: 2, at: noon)
        }
        #expect(store.names.map(\.dimensions) == [[:], ["Stack": "s"]])
        let request: JSON = [
            "MetricDataQueries": [
                [
                    "Id": "a",
                    "MetricStat": [
                        "Metric": [
                            "Namespace": "MARK", "MetricName": "Load",
                            "Dimensions": [["Name": "Stack", "Value": "s"]],
                        ],
                        "Period": 60, "Stat": "Sum",
                    ],
                ]
            ], "StartTime": .integer(noon.milliseconds / 1000),
            "EndTime": .integer(noon.milliseconds / 1000 + 60),
        ]
        #expect(
            try store.answer("GetMetricData", request, now: noon + .seconds(600))["MetricDataResults"]?[0]?[
                "Values"
            ] == [8.0]
        )
    }
}
