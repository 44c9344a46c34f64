import LambdaRuntime
import Testing
import Wire

@Suite struct `Embedded metrics` {
    private let time = WallClock(milliseconds: 1_795_490_099_120)

    private func text(_ metrics: EmbeddedMetrics, _ properties: [JSON.Member] = []) -> String {
        String(decoding: metrics.line(at: time, properties: properties), as: UTF8.self)
    }

    @Test func `are one JSON object on a line, in CloudWatch's form`() {
        var metrics = EmbeddedMetrics(stack: "shop")
        metrics.add("Served", .count, 3)
        metrics.add("ForecastError", .percent, 12.5)
        #expect(
            text(metrics)
                == #"{"_aws":{"Timestamp":1795490099120,"CloudWatchMetrics":[{"Namespace":"MARK","Dimensions":[["Stack"]],"#
                + #""Metrics":[{"Name":"Served","Unit":"Count"},{"Name":"ForecastError","Unit":"Percent"}]}]},"#
                + #""Stack":"shop","Served":3,"ForecastError":12.5}"# + "\n"
        )
    }

    @Test func `find each metric under all dimensions together`() throws {
        var metrics = EmbeddedMetrics(dimensions: [.init("Stack", "shop"), .init("Market", "spot")])
        metrics.add("Instances", .count, 4)
        let line = try JSON(parsing: metrics.line(at: time))
        let directive = line["_aws"]?["CloudWatchMetrics"]?[0]
        #expect(directive?["Dimensions"] == [["Stack", "Market"]])
        #expect(line["Stack"] == "shop")
        #expect(line["Market"] == "spot")
    }

    @Test func `stay on their line, whatever a value holds`() throws {
        var metrics = EmbeddedMetrics(stack: "a \"quoted\"\nname")
        metrics.add("Served", .count, 1)
        let line = metrics.line(at: time, properties: [.init("note", "two\nlines")])
        #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        #expect(try JSON(parsing: line)["Stack"] == "a \"quoted\"\nname")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `leave out what is no number, for which CloudWatch would drop all`(value: Double) {
        var metrics = EmbeddedMetrics(stack: "shop")
        metrics.add("Burn", .none, value)
        metrics.add("Served", .count, 1)
        #expect(metrics.metrics.map(\.name) == ["Served"])
        #expect(!text(metrics).contains("Burn"))
    }

    @Test func `carry fields for the log's readers that are no metrics`() throws {
        var metrics = EmbeddedMetrics(stack: "shop")
        metrics.add("Served", .count, 1)
        let line = try JSON(parsing: metrics.line(at: time, properties: [.init("last", "timed out")]))
        #expect(line["last"] == "timed out")
        #expect(line["_aws"]?["CloudWatchMetrics"]?[0]?["Metrics"]?.arrayValue?.count == 1)
    }
}
