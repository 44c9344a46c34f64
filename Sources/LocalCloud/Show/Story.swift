import Planning
package import Wire

/// What a replayed day is to show, step by step, and what has been seen of it.
///
/// A synchronous value: each second's point comes in, and what is to be said and done comes out. The one thing that it does is to let EC2
/// take a spot instance back, as nobody can wait for that.
package struct Story: Sendable {
    /// In the order in which they come.
    package enum Step: Int, CaseIterable, Sendable {
        case idle, lambda, load, launch, flip, surge, reclaim, reclaimed, night, zero

        /// For `GET /cloud/state`.
        package var name: String {
            switch self {
            case .idle: "idle"
            case .lambda: "lambda"
            case .load: "load"
            case .launch: "launch"
            case .flip: "flip"
            case .surge: "surge"
            case .reclaim: "reclaim"
            case .reclaimed: "reclaimed"
            case .night: "night"
            case .zero: "zero"
            }
        }
    }

    package struct Milestone: Equatable, Sendable {
        package let step: Step
        package let at: WallClock
        package let text: String

        package var json: JSON {
            ["at": .integer(at.milliseconds), "step": .string(step.name), "text": .string(text)]
        }
    }

    package enum Act: Equatable, Sendable {
        case tell(Milestone)
        case order(StackOrder)
    }

    /// What is there beside the point.
    package struct Scene: Sendable {
        package var route: String
        package var instances: [WatchedInstance]
        /// Requests that failed so far.
        package var failed: Int
        /// Since the start of the load, in the cloud's time.
        package var elapsed: Duration

        package init(route: String, instances: [WatchedInstance], failed: Int, elapsed: Duration) {
            (self.route, self.instances, self.failed, self.elapsed) = (route, instances, failed, elapsed)
        }
    }

    /// Of the load, in the cloud's time.
    package let length: Duration
    /// The step that is waited for; nil after the last.
    package private(set) var step: Step? = .idle
    /// When the step before was seen.
    private var since = Duration.zero
    private var loadMax = 0.0
    /// The load of the last seconds: one alone says little.
    private var recentLoad = 0.0
    /// When the load last rose at once.
    private var surgeAt: Duration?
    /// Since then.
    private var spilled = 0
    /// Instances that EC2 has been told to take back.
    private var reclaimed: String?
    private var requestsSinceReclaim = 0

    /// With so little of the highest load, it is night.
    private static let quiet = 0.15
    /// Seconds that count for the load of late.
    private static let recent = 5.0
    /// How many times the load of late is a surge.
    private static let surge = 2.0
    /// So long what spills is the surge's, in the cloud's time.
    private static let surgeLength = Duration.seconds(180)
    /// A step has been looked at for so long before the next one, in the cloud's time.
    private static let pause = Duration.seconds(30)
    /// A load without a surge is not waited for beyond this share of it.
    private static let surgeUntil = 0.6

    package init(length: Duration) { self.length = length }

    /// Takes a second.
    package mutating func see(_ point: ShowPoint, _ scene: Scene) -> [Act] {
        if point.load > Self.surge * recentLoad { (surgeAt, spilled) = (scene.elapsed, 0) }
        recentLoad += (point.load - recentLoad) / Self.recent
        loadMax = max(loadMax, recentLoad)
        spilled += point.spilled
        if reclaimed != nil { requestsSinceReclaim += point.count }
        guard let step else { return [] }
        // What does not happen in this load is not waited for.
        if scene.elapsed >= length, step != .zero, let act = tell(.night, point, scene) { return [act] }
        if step == .surge, scene.elapsed >= length * Self.surgeUntil { self.step = .reclaim }
        if self.step == .reclaim { return reclaim(point, scene) }
        return tell(step, point, scene).map { [$0] } ?? []
    }

    private mutating func reclaim(_ point: ShowPoint, _ scene: Scene) -> [Act] {
        guard scene.elapsed >= since + Self.pause,
            let victim = scene.instances.first(where: {
                $0.instance.market == .spot && $0.state == .serving && $0.instance.interruption == nil
            })
        else { return [] }
        reclaimed = victim.instance.id
        let text =
            "EC2 takes the spot instance \(victim.instance.id) back: it has two minutes to finish its work"
        return [.order(.reclaim(instance: victim.instance.id)), advance(.reclaim, text, point, scene)]
    }

    private mutating func tell(_ step: Step, _ point: ShowPoint, _ scene: Scene) -> Act? {
        text(step, point, scene).map { advance(step, $0, point, scene) }
    }

    private mutating func advance(_ step: Step, _ text: String, _ point: ShowPoint, _ scene: Scene) -> Act {
        self.step = Step(rawValue: step.rawValue + 1)
        since = scene.elapsed
        return .tell(Milestone(step: step, at: point.at, text: text))
    }

    // MARK: Steps

    /// What to say of a step that is there; nil for one that is not.
    private func text(_ step: Step, _ point: ShowPoint, _ scene: Scene) -> String? {
        let live = scene.instances.filter(\.instance.isLive)
        switch step {
        case .idle:
            guard live.isEmpty, point.environments == 0, point.load == 0 else { return nil }
            return "Nothing serves, and nothing costs but the controller's look once a minute"
        case .lambda:
            return point.byLambda > 0 ? "The first requests: Lambda starts environments and answers" : nil
        case .load:
            guard scene.elapsed >= since + Self.pause, recentLoad > loadMax / 2 else { return nil }
            let cost = Money.text(point.dollarsPerHour)
            return
                "The load holds at \(max(1, Int(recentLoad.rounded()))) requests a second: Lambda costs \(cost) an hour"
        case .launch: return live.isEmpty ? nil : "The controller rents \(Self.words(live))"
        case .flip:
            guard scene.route != "inference", point.byInstances > 0 else { return nil }
            return "The route flips to the router: instances answer, Lambda stands behind"
        case .surge:
            guard let surgeAt, scene.elapsed < surgeAt + Self.surgeLength, spilled > 0 else { return nil }
            return "A surge: instances take what they can, and Lambda what spills"
        case .reclaim: return nil
        case .reclaimed:
            guard let victim = scene.instances.first(where: { $0.instance.id == reclaimed }),
                victim.instance.isLive
            else {
                return
                    "The spot instance is gone; of \(requestsSinceReclaim) requests since the notice and all before, "
                    + "\(scene.failed) failed"
            }
            return nil
        case .night:
            return recentLoad < loadMax * Self.quiet ? "Night: the controller lets the instances go" : nil
        case .zero:
            guard live.isEmpty, point.load == 0 else { return nil }
            return "Back to zero: no instance runs, and nothing is served"
        }
    }

    /// `2 c5.large (spot) and 1 t3.small (burstable)`.
    private static func words(_ instances: [WatchedInstance]) -> String {
        var counts: [String: Int] = [:]
        for instance in instances {
            counts["\(instance.instance.type.name) (\(instance.instance.market.rawValue))", default: 0] += 1
        }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: " and ")
    }
}
