import Forecasting
import Seeded

/// What goes wrong, and how often: off by default.
///
/// By the lesson of swarm testing (Groce et al. 2012), a seed switches whole kinds off and weighs the others wildly: together all of them
/// would hide what some do alone.
package struct Faults: Equatable, Sendable {
    package enum Kind: Int, CaseIterable, Hashable, Sendable {
        /// EC2 takes back all spot instances of a zone or everywhere, with notice.
        case spotStorm
        /// Pools are out of stock.
        case capacityErrors
        /// Instances take several times as long to serve, or never do.
        case slowBoots
        case lostTicks
        case doubledTicks
        /// No tick for ten minutes.
        case deadController
        /// Nothing newer is known of the load.
        case staleMetrics
        /// A spot pool's price.
        case priceJumps
        /// Instances end without notice.
        case crashes
        /// The controller's clock jumps, forth or back.
        case clockSteps
        /// Five times the load, from one minute to the next.
        case surges
    }

    /// One thing that goes wrong.
    struct Strike: Equatable, Sendable {
        let kind: Kind
        /// Nanoseconds.
        let start: Int64
        let end: Int64
        /// From 0 up to but not with 1: how bad.
        let severity: Double
        /// Chooses whom it hits.
        let salt: UInt64
    }

    /// Strikes an hour, by kind.
    private var rates: [Double]
    /// Those that strike when they are told to.
    private var planned: [Strike] = []
    /// Nothing goes wrong from then on; nil: to the end.
    package var until: Duration?

    package static let none = Faults()

    private init() { rates = Kind.allCases.map { _ in 0 } }

    /// Each kind is off in one case of two; else it strikes between every ten hours and ten times an hour.
    package init(seed: UInt64, until: Duration? = nil) {
        var generator = SeededGenerator(seed: seed)
        rates = Kind.allCases.map { _ in
            let (isOn, weight) = (generator.below(2) == 0, generator.unit())
            return isOn ? 0.1 * Elementary.exp(weight * 4.605) : 0
        }
        self.until = until
    }

    /// Only some kinds, so often.
    package init(_ kinds: Set<Kind>, perHour: Double, until: Duration? = nil) {
        rates = Kind.allCases.map { kinds.contains($0) ? perHour : 0 }
        self.until = until
    }

    /// EC2 takes back all spot instances that there are at an instant.
    package static func reclaimAll(at instant: Duration) -> Faults {
        var faults = Faults.none
        let start = Int64(instant / .nanoseconds(1))
        // Of the least severity: everywhere.
        faults.planned = [
            Strike(kind: .spotStorm, start: start, end: start + 60_000_000_000, severity: 0, salt: 0)
        ]
        return faults
    }

    package func rate(_ kind: Kind) -> Double { rates[kind.rawValue] }

    /// What goes wrong until an instant, kind by kind.
    func strikes(end: Int64, _ generator: inout SeededGenerator) -> [Strike] {
        var strikes = planned.filter { $0.start < end }
        for kind in Kind.allCases where rate(kind) > 0 {
            var time = 0.0
            while true {
                time -= Elementary.log(1 - generator.unit()) * 3600e9 / rate(kind)
                guard time < Double(end) else { break }
                let length =
                    kind == .deadController ? 10 : min(30, 1 - 5 * Elementary.log(1 - generator.unit()))
                strikes.append(
                    Strike(
                        kind: kind,
                        start: Int64(time),
                        end: min(end, Int64(time + length * 60e9)),
                        severity: generator.unit(),
                        salt: generator.next()
                    )
                )
            }
        }
        return strikes
    }
}
