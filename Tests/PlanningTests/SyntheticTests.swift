import Batching
import Planning
import Testing

@Suite struct `A workload made of one latency` {
    private let catalogue: Catalogue

    init() throws { catalogue = try Catalogue(PriceList.usEast1()) }

    private func workload(
        _ model: Workload.Synthetic,
        slo: Int = 200,
        measured: [String: Workload.Machine] = [:]
    ) throws -> Workload {
        try .synthetic(
            model,
            slo: .milliseconds(slo),
            target: 0.98,
            margin: .milliseconds(10),
            catalogue: catalogue,
            measured: measured
        )
    }

    @Test func `takes as long on c5 large as was said, with an executor on each vCPU`() throws {
        let machine = try #require(
            workload(.init(name: "m", latency: .milliseconds(100))).machines["c5.large"]
        )
        #expect(machine.executors == 2)
        #expect(machine.profile[1] == .milliseconds(100))
        #expect(machine.profile[4] == .milliseconds(400))
    }

    @Test func `is faster where CoreMark says so`() throws {
        let machines = try workload(.init(name: "m", latency: .milliseconds(100))).machines
        // 51,891 against 33,103 iterations/s, both of two vCPUs.
        let time = try #require(machines["c7g.large"]).profile[1] / .milliseconds(1)
        #expect(abs(time - 100 * 33103 / 51891) < 0.001)
    }

    @Test(arguments: [(1.0, 3200.0), (10, 320), (32, 100)])
    func `takes as long for 32 rows as the gain leaves`(gain: Double, milliseconds: Double) throws {
        let model = Workload.Synthetic(name: "m", latency: .milliseconds(100), batchingGain: gain)
        let profile = try #require(workload(model, slo: 5000).machines["c5.large"]).profile
        #expect(abs(profile[32] / .milliseconds(1) - milliseconds) < 0.01)
        #expect(abs(profile.throughput(32) / profile.throughput(1) - gain) < 0.001)
    }

    @Test func `runs a request on more vCPUs where one is too slow`() throws {
        let machines = try workload(.init(name: "m", latency: .milliseconds(300))).machines
        let machine = try #require(machines["c5.xlarge"])
        #expect(machine.executors == 2)
        #expect(machine.profile[1] < .milliseconds(190))
    }

    @Test func `leaves out machines that are too slow, too small or have an accelerator`() throws {
        let slow = try workload(.init(name: "m", latency: .milliseconds(600))).machines
        #expect(slow["c5.large"] == nil && slow["c5.4xlarge"] != nil)
        let large = try workload(.init(name: "m", latency: .milliseconds(10), residentMiB: 2000)).machines
        #expect(large["t3.small"] == nil && large["t3.medium"] != nil)
        #expect(slow["g4dn.xlarge"] == nil && large["g4dn.xlarge"] == nil)
    }

    @Test func `takes measured profiles where there are some`() throws {
        let gpu = Workload.Machine(
            executors: 1,
            profile: try LatencyProfile([(1, .milliseconds(5)), (32, .milliseconds(20))])
        )
        let workload = try workload(
            .init(name: "m", latency: .milliseconds(100)),
            measured: ["g4dn.xlarge": gpu]
        )
        #expect(workload.machines["g4dn.xlarge"] == gpu)
        #expect(workload.machines["c5.large"] != nil)
    }

    @Test(arguments: [(100, 1769), (300, 3538), (500, 7076)])
    func `gives a function as little memory as keeps the objective`(latency: Int, memory: Int) throws {
        let function = try workload(.init(name: "m", latency: .milliseconds(latency))).function
        #expect(function.memoryMiB == memory)
        #expect(function.latency <= .milliseconds(190))
    }

    @Test func `is slower on a part of a vCPU`() throws {
        let model = Workload.Synthetic(name: "m", latency: .milliseconds(50), memoryMiB: 885)
        let latency = try workload(model).function.latency / .milliseconds(1)
        #expect(abs(latency - 50 * 1769 / 885) < 0.001)
    }

    @Test func `refuses what makes no sense, with the value and the remedy`() {
        let model = Workload.Synthetic(name: "m", latency: .milliseconds(100), batchingGain: 40)
        #expect { try workload(model) } throws: { "\($0)".contains("40.0") && "\($0)".contains("1 (a batch") }
        #expect {
            try workload(.init(name: "m", latency: .milliseconds(100)), slo: 5)
        } throws: { "\($0)".contains("--slo-ms") }
        #expect {
            try workload(.init(name: "m", latency: .milliseconds(100), memoryMiB: 64))
        } throws: { "\($0)".contains("64") && "\($0)".contains("128 to 10240") }
    }

    @Test(arguments: Workload.Paper.allCases)
    func `of the paper's services can be served within half a second, and says where its numbers are from`(
        paper: Workload.Paper
    ) throws {
        let workload = try workload(paper.model, slo: 500)
        #expect(workload.function.latency + workload.margin <= workload.slo)
        #expect(workload.machines.count > 50)
        #expect(paper.sources.count >= 3)
        for source in paper.sources {
            #expect(["measured", "assumed", "paper"].contains { source.source.hasPrefix($0) })
        }
    }
}
