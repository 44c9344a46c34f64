import LocalCloud
import Planning
import Testing
import Wire

@Suite struct `EC2` {
    private var ec2: EC2Service
    private let noon = ServicesWorld.noon

    init() throws {
        ec2 = try ServicesWorld.ec2()
        _ = try ec2.answer(
            "CreateLaunchTemplate",
            ["LaunchTemplateName": "mark", "LaunchTemplateData": ["ImageId": "ami-1"]],
            now: noon
        )
    }

    private func fleet(
        _ types: [String],
        spot: Int = 0,
        onDemand: Int = 0,
        token: String = "t",
        zone: String? = nil
    ) -> JSON {
        let overrides = types.map { type -> JSON in
            zone.map { ["InstanceType": .string(type), "AvailabilityZone": .string($0)] } ?? [
                "InstanceType": .string(type)
            ]
        }
        return [
            "Type": "instant", "ClientToken": .string(token),
            "SpotOptions": ["AllocationStrategy": "price-capacity-optimized"],
            "TargetCapacitySpecification": [
                "TotalTargetCapacity": .string(String(spot + onDemand)),
                "SpotTargetCapacity": .string(String(spot)),
                "OnDemandTargetCapacity": .string(String(onDemand)), "DefaultTargetCapacityType": "spot",
            ],
            "LaunchTemplateConfigs": [
                [
                    "LaunchTemplateSpecification": ["LaunchTemplateName": "mark", "Version": "$Latest"],
                    "Overrides": .array(overrides),
                ]
            ],
            "TagSpecification": [
                ["ResourceType": "instance", "Tag": [["Key": "mark:stack", "Value": "demo"]]]
            ],
        ]
    }

    private func ids(_ answer: JSON) -> [String] {
        (answer["fleetInstanceSet"]?.arrayValue ?? []).flatMap { $0["instanceIds"]?.arrayValue ?? [] }
            .compactMap(\.stringValue)
    }

    private func codes(_ answer: JSON) -> Set<String> {
        Set((answer["errorSet"]?.arrayValue ?? []).compactMap { $0["errorCode"]?.stringValue })
    }

    private mutating func states(at time: WallClock) -> [String] {
        ec2.advance(now: time)
        return ec2.ordered.map(\.state.name)
    }

    @Test mutating func `an instance is pending, runs, boots its program, and ends with it`() throws {
        let id = try #require(
            ids(try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 1), now: noon)).first
        )
        #expect(ec2.takeActions() == [.notify(.stateChange(instance: id, state: "pending"))])
        #expect(states(at: noon + .seconds(7)) == ["pending"])
        #expect(states(at: noon + .seconds(8)) == ["running"])
        #expect(ec2.takeActions() == [.notify(.stateChange(instance: id, state: "running"))])
        ec2.advance(now: noon + .seconds(35))
        guard case .boot(let booted)? = ec2.takeActions().first else { throw Unexpected() }
        #expect(booted.id == id)
        #expect(booted.tags == ["mark:stack": "demo"])
        ec2.exited(id, now: noon + .seconds(100))
        #expect(
            ec2.takeActions() == [
                .notify(.stateChange(instance: id, state: "shutting-down")),
                .notify(.stateChange(instance: id, state: "terminated")),
            ]
        )
        #expect(ec2.instances[id]?.reason == .itself)
        #expect(states(at: noon + .seconds(3699)) == ["terminated"])
        #expect(states(at: noon + .seconds(3700)) == [])
    }

    private struct Unexpected: Error {}

    @Test mutating func `terminating waits for the program's end, and twice is once`() throws {
        let id = try #require(
            ids(try ec2.answer("CreateFleet", fleet(["c6i.large"], onDemand: 1), now: noon)).first
        )
        ec2.advance(now: noon + .seconds(40))
        ec2.advance(now: noon + .seconds(40))
        _ = ec2.takeActions()
        let answer = try ec2.answer(
            "TerminateInstances",
            ["InstanceId": [.string(id)]],
            now: noon + .seconds(50)
        )
        #expect(answer["instancesSet"]?[0]?["previousState"]?["name"] == "running")
        #expect(answer["instancesSet"]?[0]?["currentState"]?["name"] == "shutting-down")
        #expect(ec2.takeActions().contains(.stop(instance: id)))
        _ = try ec2.answer("TerminateInstances", ["InstanceId": [.string(id)]], now: noon + .seconds(51))
        #expect(ec2.takeActions() == [])
        ec2.exited(id, now: noon + .seconds(52))
        #expect(ec2.instances[id]?.state == .terminated(at: noon + .seconds(52)))
        #expect(ec2.instances[id]?.stopped == noon + .seconds(50))
    }

    @Test mutating func `the same token is the same launch, and another request with it a mistake`() throws {
        let first = try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 2), now: noon)
        let again = try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 2), now: noon + .seconds(30))
        #expect(ids(first).count == 2)
        #expect(first == again)
        #expect(ec2.instances.count == 2)
        #expect(throws: ServiceFailure.self) {
            try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 3), now: noon)
        }
        #expect(ec2.instances.count == 2)
    }

    @Test mutating func `a fleet takes the cheapest pool that is not scarce, and goes on when it is empty`()
        throws
    {
        let prices = ec2.subnets.compactMap { subnet in
            ec2.catalogue["c6i.large"].flatMap { ec2.market.price(of: $0, in: subnet.zone, at: noon) }
        }
        let cheapest = try #require(prices.min())
        let answer = try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 10), now: noon)
        let launched = ec2.ordered
        #expect(launched.count == 10)
        #expect(codes(answer) == ["InsufficientInstanceCapacity"])
        let first = try #require(ids(answer).first.flatMap { ec2.instances[$0] })
        #expect(ec2.market.price(of: first.type, in: first.zone, at: noon) == cheapest)
        #expect(Set(launched.map(\.zone)).count == 2)
    }

    @Test mutating func `a closed pool is an error beside what others gave`() throws {
        _ = ec2.closePools(type: "c6i.large", zone: nil, market: .spot, until: noon + .seconds(600))
        let answer = try ec2.answer("CreateFleet", fleet(["c6i.large", "c5.xlarge"], spot: 1), now: noon)
        #expect(ids(answer).count == 1)
        #expect(ec2.ordered.first?.type.name == "c5.xlarge")
        let none = try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 1, token: "u"), now: noon)
        #expect(ids(none) == [])
        #expect(codes(none) == ["InsufficientInstanceCapacity"])
        let request: JSON = [
            "MinCount": "1", "MaxCount": "1", "InstanceType": "c6i.large",
            "InstanceMarketOptions": ["MarketType": "spot"],
        ]
        do {
            _ = try ec2.answer("RunInstances", request, now: noon)
            Issue.record("it launched")
        } catch {
            #expect(error.code == "InsufficientInstanceCapacity")
            #expect(error.status == 500)
        }
        ec2.advance(now: noon + .seconds(601))
        let later = try ec2.answer("RunInstances", request, now: noon + .seconds(601))
        #expect(later["instancesSet"]?[0]?["instanceLifecycle"] == "spot")
    }

    @Test mutating func `an unknown type or subnet is the fleet's error, a quota too`() throws {
        #expect(
            codes(try ec2.answer("CreateFleet", fleet(["z9.large"], spot: 1), now: noon)) == [
                "InvalidParameterValue"
            ]
        )
        ec2 = try ServicesWorld.ec2 { $0.virtualCPUs = 4 }
        _ = try ec2.answer(
            "CreateLaunchTemplate",
            ["LaunchTemplateName": "mark", "LaunchTemplateData": ["ImageId": "ami-1"]],
            now: noon
        )
        let answer = try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 3, token: "v"), now: noon)
        #expect(ids(answer).count == 2)
        #expect(codes(answer) == ["MaxSpotInstanceCountExceeded"])
        #expect(
            codes(
                try ec2.answer(
                    "CreateFleet",
                    fleet(["c6i.xlarge", "c6i.2xlarge"], onDemand: 2, token: "w"),
                    now: noon
                )
            ) == ["VcpuLimitExceeded"]
        )
    }

    @Test mutating func `a reclaimed instance is warned, and gone two minutes later`() throws {
        let id = try #require(
            ids(try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 1), now: noon)).first
        )
        ec2.advance(now: noon + .seconds(10))
        ec2.advance(now: noon + .seconds(40))
        _ = ec2.takeActions()
        let isWarned = [60, 61].map { ec2.interrupt(id, now: noon + .seconds($0)) }
        #expect(isWarned == [true, false])
        let zone = try #require(ec2.instances[id]?.zone)
        #expect(ec2.takeActions() == [.notify(.interruption(instance: id, zone: zone))])
        ec2.advance(now: noon + .seconds(179))
        #expect(ec2.takeActions() == [])
        ec2.advance(now: noon + .seconds(180))
        #expect(ec2.takeActions().contains(.stop(instance: id)))
        #expect(ec2.instances[id]?.reason == .spot)
    }

    @Test mutating func `is billed by the second, a minute at least, from running until it is told to end`()
        throws
    {
        let id = try #require(
            ids(try ec2.answer("CreateFleet", fleet(["c6i.large"], onDemand: 1), now: noon)).first
        )
        #expect(ec2.instances[id]?.cost(at: noon + .seconds(5), ec2.market) == .zero)
        ec2.advance(now: noon + .seconds(8))
        let price = try #require(ec2.catalogue["c6i.large"]?.onDemand)
        #expect(ec2.instances[id]?.cost(at: noon + .seconds(10), ec2.market) == price * .seconds(60))
        #expect(ec2.instances[id]?.cost(at: noon + .seconds(8 + 7200), ec2.market) == price * .seconds(7200))
        _ = try ec2.answer("TerminateInstances", ["InstanceId": [.string(id)]], now: noon + .seconds(108))
        #expect(ec2.instances[id]?.cost(at: noon + .seconds(9000), ec2.market) == price * .seconds(100))
    }

    @Test mutating func `filters, pages and unknown ids are as in EC2`() throws {
        _ = try ec2.answer("CreateFleet", fleet(["c6i.large"], spot: 7), now: noon)
        func count(_ answer: JSON) -> Int {
            (answer["reservationSet"]?.arrayValue ?? []).reduce(0) {
                $0 + ($1["instancesSet"]?.arrayValue?.count ?? 0)
            }
        }
        func find(_ name: String, _ value: String) throws -> Int {
            count(
                try ec2.answer(
                    "DescribeInstances",
                    ["Filter": [["Name": .string(name), "Value": [.string(value)]]]],
                    now: noon
                )
            )
        }
        #expect(try find("tag:mark:stack", "demo") == 7)
        #expect(try find("tag:mark:stack", "de*") == 7)
        #expect(try find("tag:mark:stack", "other") == 0)
        #expect(try find("instance-state-name", "pending") == 7)
        #expect(try find("instance-lifecycle", "spot") == 7)
        #expect(throws: ServiceFailure.self) { try find("colour", "red") }
        let first = try ec2.answer("DescribeInstances", ["MaxResults": "5"], now: noon)
        #expect(count(first) == 5)
        let second = try ec2.answer(
            "DescribeInstances",
            ["MaxResults": "5", "NextToken": first["nextToken"] ?? .null],
            now: noon
        )
        #expect(count(second) == 2)
        #expect(second["nextToken"] == .null)
        do {
            _ = try ec2.answer("DescribeInstances", ["InstanceId": ["i-1"]], now: noon)
            Issue.record("it is known")
        } catch { #expect(error.code == "InvalidInstanceID.NotFound") }
    }

    @Test func `spot prices move, differ between zones and are the same on every run`() throws {
        let type = try #require(ec2.catalogue["c6i.large"])
        let day = ec2.market.history(of: type, in: "eu-west-1a", from: noon, to: noon + .seconds(86_400))
        #expect(day.count > 10)
        let again = ec2.market.history(of: type, in: "eu-west-1a", from: noon, to: noon + .seconds(86_400))
        #expect(day.map(\.price) == again.map(\.price))
        let typical = try #require(type.spot?.price)
        #expect(day.allSatisfy { (0.75...1.75).contains($0.price / typical) })
        #expect(day.map(\.since) == day.map(\.since).sorted(by: >))
        for change in day {
            #expect(ec2.market.price(of: type, in: "eu-west-1a", at: change.since) == change.price)
        }
        let other = ec2.market.history(of: type, in: "eu-west-1b", from: noon, to: noon + .seconds(86_400))
        #expect(day.map(\.price) != other.map(\.price))
    }
}
