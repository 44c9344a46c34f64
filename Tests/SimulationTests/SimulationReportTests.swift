import Planning
import Simulation
import Testing

@Suite struct `The report of a simulation` {
    private func result(_ policy: String, _ cost: Double, good: Double = 1, latency: Bool = false)
        -> SimulationResult
    {
        var result = SimulationResult(policy: policy)
        result.ledger.post(Dollars(cost * 0.75), to: .spot)
        result.ledger.post(Dollars(cost * 0.25), to: .lambdaDuration)
        result.requests = 3600
        result.good = 3600 * good
        result.late = 3600 * (1 - good)
        result.onLambda = 900
        result.coldStarts = 7
        result.instanceHours[3] = 1.5
        if latency { result.latency = .init(p50: 9.87, p90: 20, p99: 45.6, p999: 150, max: 1234) }
        for index in 0..<60 {
            var minute = SimulationResult.Minute()
            minute.requests = 60
            (minute.forecast, minute.forecastHigh) = (58, 66)
            minute.capacity[3] = 3
            minute.instances[3] = 1
            minute.spent = Dollars(cost * Double(index + 1) / 60)
            minute.latencyP99 = latency ? 45 : nil
            result.minutes.append(minute)
        }
        return result
    }

    private func study(_ runs: [SimulationStudy.Run], mode: String = "request") throws -> SimulationStudy {
        SimulationStudy(
            trace: "<a trace>.csv",
            start: 1430,
            track: LoadTrack(Array(repeating: 60, count: 60)),
            workload: try Workload.synthetic(
                .init(name: "pictures & words", latency: .milliseconds(20)),
                slo: .milliseconds(200),
                target: 0.98,
                margin: .milliseconds(10),
                catalogue: Catalogue(PriceList.usEast1())
            ),
            mode: mode,
            seed: 7,
            runs: runs,
            optimum: Dollars(0.8),
            prices: try PriceList.usEast1().rows.filter { $0.item == "c7g.large" },
            command: "mark simulate --seed 7"
        )
    }

    private func runs() -> [SimulationStudy.Run] {
        var ours = result("ours", 0.84, latency: true)
        ours.decisions = [
            .init(
                minute: 12,
                decision: Decision(
                    .launch(
                        .init(market: .spot, pools: [Pool(type: "c7g.large", zone: "us-east-1a")], count: 2)
                    ),
                    because: .forecast(expected: 12.5, capacity: 14),
                    insteadOf: .init(name: "Lambda", costsMore: Dollars(0.0042))
                )
            )
        ]
        return [
            .init(ours, family: "ours"),
            .init(result("endpoint", 2.1, latency: true), family: "a managed service"),
            .init(result("cheap endpoint", 1.2, good: 0.9), family: "a managed service"),
        ]
    }

    @Test func `is a table in a terminal`() throws {
        #expect(
            SimulationTable(try study(runs())).lines.joined(separator: "\n") == """
                policy           cost  per million  of optimum   in time      p50      p99  spot h  Lambda  cold starts  refused
                ours           $0.840      $233.33       1.050  100.00 %  9.87 ms  45.6 ms     1.5  25.0 %            7        0
                endpoint        $2.10      $583.33       2.625  100.00 %  9.87 ms  45.6 ms     1.5  25.0 %            7        0
                cheap endpoint  $1.20      $333.33       1.500   90.00 %        –        –     1.5  25.0 %            7        0
                """
        )
    }

    @Test(arguments: [(1.0, "100.00 %"), (0.99999, "99.99 %"), (0.98, "98.00 %"), (0, "0.00 %")])
    func `never rounds a miss away`(attainment: Double, text: String) throws {
        let table = SimulationTable(try study([.init(result("ours", 1, good: attainment), family: "ours")]))
        #expect(table.columns.first { $0.name == "in time" }?.cells == [text])
    }

    @Test func `compares with the cheapest of a family that keeps the objective`() throws {
        let study = try study(runs())
        #expect(study.rivals.map(\.result.policy) == ["endpoint"])
        #expect(study.ratio(study.rivals[0]) == 2.5)
    }

    @Test func `has every part, and nothing from outside`() throws {
        let page = SimulationReport(try study(runs())).html
        for id in [
            "load", "capacity", "cost", "latency", "instances", "regret", "numbers", "decisions", "prices",
            "reproduction",
        ] {
            #expect(page.contains("<section id=\"\(id)\"") && page.contains("<a href=\"#\(id)\">"))
        }
        for text in ["http://", "https://", "<script", "src=", "nan"] {
            #expect(!page.replacing("ec2instances", with: "").contains(text), "\(text) in the page")
        }
    }

    @Test func `escapes names`() throws {
        let page = SimulationReport(try study(runs())).html
        #expect(page.contains("&lt;a trace>.csv") && page.contains("pictures &amp; words"))
        #expect(!page.contains("<a trace"))
    }

    @Test func `tells each decision with its reason and its runner-up`() throws {
        let page = SimulationReport(try study(runs())).html
        // The trace begins at 23:50.
        #expect(
            page.contains(
                "<th scope=\"row\">00:02</th><td>launch 2 c7g.large, spot</td>"
                    + "<td>12.5/s of 14/s are expected by the time it serves</td><td>Lambda, $0.00420 more</td>"
            )
        )
    }

    @Test func `marks prices that nobody lists`() throws {
        let page = SimulationReport(try study(runs())).html
        #expect(page.contains("1 of 2 are list prices"))
        #expect(page.contains("no list price:</span> derived: on-demand x (1 - 49%)"))
    }

    @Test func `says that a fluid simulation has no percentiles`() throws {
        let page = SimulationReport(try study([.init(result("ours", 1), family: "ours")], mode: "fluid")).html
        #expect(page.contains("percentiles need <code>--mode request</code>"))
    }

    @Test func `stays small however long the trace is`() throws {
        var long = result("ours", 1, latency: true)
        long.minutes = Array(repeating: long.minutes, count: 500).flatMap { $0 }
        let study = SimulationStudy(
            trace: "long",
            start: 0,
            track: LoadTrack(Array(repeating: 60, count: 30_000)),
            workload: try study(runs()).workload,
            mode: "request",
            seed: 1,
            runs: [.init(long, family: "ours")],
            optimum: nil,
            prices: [],
            command: ""
        )
        #expect(SimulationReport(study).html.utf8.count < 300_000)
    }
}
