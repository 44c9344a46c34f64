import AWS
import Control
import Fleet
import Planning
import Seeded
import TestKit
import Testing
import Wire

@Suite struct `Counts by the minute` {
    /// 100 minutes after a full hour, and so many seconds.
    private static func counts(_ values: [Int: Double], seconds: Double, from first: Int = 90) -> MinuteCounts
    {
        MinuteCounts(
            values.map { CloudWatch.Point(time: WallClock(seconds: Double($0.key * 60)), value: $0.value) },
            from: first,
            now: WallClock(seconds: 6000 + seconds),
            delay: .seconds(60)
        )
    }

    @Test func `are believed a minute after their end`() {
        // At 100:59 minute 99 has ended 59 seconds ago, minute 98 long enough.
        #expect(Self.counts([98: 5, 99: 7], seconds: 59).last == 98)
        #expect(Self.counts([98: 5, 99: 7], seconds: 60).last == 99)
    }

    @Test func `that are missing are zero once a later one is known, or after two minutes more`() {
        #expect(Self.counts([98: 5], seconds: 5, from: 96).counts == [0, 0, 5])
        // Nothing at all: the last minute that is old enough to be silent.
        #expect(Self.counts([:], seconds: 5).last == 96)
        #expect(Self.counts([96: 3], seconds: 5).last == 96)
    }

    @Test func `may be none`() {
        let counts = Self.counts([:], seconds: 5, from: 99)
        #expect(counts.counts.isEmpty)
    }
}

@Suite struct `How requests fared` {
    @Test func `is told by what API Gateway, Lambda and backends count`() {
        var quality = ServiceQuality()
        (quality.total, quality.shareInTime, quality.errors) = (1000, 0.95, 2)
        (quality.runs, quality.shareOfRunsInTime) = (400, 0.99)
        let outcomes = quality.outcomes(lateOnBackends: 20)
        #expect(outcomes.total == 1000 && outcomes.refused == 2 && outcomes.queued == 20)
        // 50 were late; 20 on backends, 4 in the function, and the rest waited for its start.
        #expect(outcomes.slowRuns == 4 && outcomes.coldStarts == 26 && outcomes.good == 948)
    }

    @Test func `says nothing of Lambda by minutes in which environments were warmed`() {
        func series(_ id: String, _ values: [Double]) -> CloudWatch.Series {
            let points = values.enumerated().map {
                CloudWatch.Point(time: WallClock(seconds: Double(60 * (100 + $0.offset))), value: $0.element)
            }
            return CloudWatch.Series(id: id, status: "Complete", points: points)
        }
        let all = [
            series("runs", [10, 40, 30]), series("mean", [400, 20, 20]), series("runsintime", [20, 100, 50]),
            series("count", [5, 40, 30]), series("intime", [100, 100, 100]),
        ]
        let quality = ServiceQuality(all, warmed: [100])
        #expect(quality.runs == 70 && quality.meanRun == .milliseconds(20) && quality.total == 75)
        #expect(quality.shareOfRunsInTime == 55.0 / 70)
        // Nothing but warm-ups: what is known of requests stays known.
        #expect(ServiceQuality(all, warmed: [100, 101, 102]).meanRun == nil)
    }

    @Test func `always adds up`() {
        let failure = firstFailure(of: 0..<500) { generator in
            var quality = ServiceQuality()
            quality.total = Double(generator.below(1000))
            quality.shareInTime = generator.below(4) == 0 ? nil : generator.unit()
            quality.errors = Double(generator.below(100))
            quality.runs = Double(generator.below(2000))
            quality.shareOfRunsInTime = generator.below(4) == 0 ? nil : generator.unit()
            let outcomes = quality.outcomes(lateOnBackends: generator.below(300))
            let parts = [
                outcomes.good, outcomes.queued, outcomes.coldStarts, outcomes.refused, outcomes.slowRuns,
            ]
            return parts.allSatisfy { $0 >= 0 } && parts.reduce(0, +) == outcomes.total
        }
        #expect(failure == nil)
    }
}

@Suite struct `A warm-up` {
    private static func answers(_ names: some Sequence<Int>) -> [[UInt8]] {
        names.map { Array(#"{"environment":"e\#($0)","cold":true,"held_ms":300}"#.utf8) }
    }

    @Test func `is over when as many environments have answered`() {
        var warmUp = WarmUp(environments: 20)
        #expect(warmUp.next()?.count == 20)
        warmUp.observe(Self.answers(0..<19))
        #expect(warmUp.next() == nil && warmUp.warm == 19 && warmUp.cold == 19)
    }

    @Test func `holds longer when invocations have shared environments`() throws {
        var warmUp = WarmUp(environments: 20)
        let first = try #require(warmUp.next())
        warmUp.observe(Self.answers((0..<20).map { $0 / 2 }))
        let second = try #require(warmUp.next())
        #expect(second.hold == first.hold * 2 && second.count == 20)
    }

    @Test func `ends after three rounds, whatever came`() {
        var warmUp = WarmUp(environments: 5)
        for _ in 0..<3 {
            #expect(warmUp.next() != nil)
            warmUp.observe([Array("nonsense".utf8)])
        }
        #expect(warmUp.next() == nil && warmUp.warm == 0)
    }
}

@Suite struct `The controller's document` {
    @Test func `is read as it was written`() throws {
        var document = ControllerDocument()
        document.planner = ["any": 1]
        document.known = [
            "i-1": KnownInstance(
                type: "c5.large",
                market: .spot,
                zone: "z",
                launched: WallClock(milliseconds: 5),
                draining: WallClock(milliseconds: 9)
            ),
            "i-2": KnownInstance(
                type: "t3.small",
                market: .onDemand,
                zone: "z",
                launched: WallClock(milliseconds: 7)
            ),
        ]
        document.unavailable = [Pool(type: "c5.large", zone: "z")]
        document.late = ["i-1": 3]
        document.warmed = [29, 30]
        document.capacities = ["c5.large": MeasuredCapacity(rate: 14.5, minute: 31)]
        (document.latency, document.qualityMinute, document.lastTick) = (.milliseconds(12.5), 30, 31)
        document.status = ["route": "router"]
        let read = ControllerDocument(version: 4, try JSON(parsing: document.json.encoded()))
        document.version = 4
        #expect(read == document)
    }

    @Test func `may lack everything`() {
        #expect(ControllerDocument(version: 0, .null) == ControllerDocument())
        #expect(
            ControllerDocument(version: 0, ["known": ["i-1": ["type": "c5.large"]]]) == ControllerDocument()
        )
    }
}

@Suite struct `The controller's settings` {
    private static let least = [
        "MARK_STACK": "shop", "MARK_TABLE": "t", "MARK_FUNCTION": "f:live", "MARK_API": "a",
        "MARK_SLO_MS": "200",
    ]

    @Test func `need a stack, a table, a function, an API and an objective`() throws {
        let settings = try ControlSettings(Self.least)
        #expect(settings.function == Lambda.Function("f", qualifier: "live") && !settings.hasFleet)
        for name in Self.least.keys {
            let error = #expect(throws: InvalidSetting.self) {
                try ControlSettings(Self.least.filter { $0.key != name })
            }
            #expect(error.map { "\($0)".hasPrefix(name) } == true)
        }
    }

    @Test(arguments: [
        ("MARK_SLO_MS", "soon"), ("MARK_TARGET", "1"), ("MARK_BUDGET", "-1"), ("MARK_INSTANCES_MAX", "many"),
        ("MARK_MARKETS", "spot,futures"), ("MARK_ARCHITECTURE", "mips"), ("MARK_DRY_RUN", "perhaps"),
    ]) func `name what is wrong`(name: String, value: String) {
        let error = #expect(throws: InvalidSetting.self) {
            try ControlSettings(Self.least.merging([name: value]) { $1 })
        }
        #expect(error.map { "\($0)".contains(name) && "\($0)".contains("expected") } == true)
    }

    @Test func `take an ARN apart`() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:mark"
        #expect(Lambda.Function(parsing: arn) == Lambda.Function(arn))
        #expect(Lambda.Function(parsing: arn + ":live") == Lambda.Function(arn, qualifier: "live"))
    }
}
