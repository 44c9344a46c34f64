import Histograms
import Planning
import Seeded

/// What goes wrong now.
struct FaultState {
    let strikes: [Faults.Strike]
    /// The latest strike of each kind.
    private var latest: [Faults.Strike?]
    /// Whether the load surges, by minute.
    private var surges: [Bool]
    /// Complete minutes when metrics became stale.
    private var minutesKnown = 0
    /// Nanoseconds that the controller's clock is ahead.
    private(set) var clockOffset: Int64 = 0

    init(_ faults: Faults, end: Int64, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        strikes = faults.strikes(end: min(end, faults.until?.nanoseconds ?? end), &generator)
        latest = Faults.Kind.allCases.map { _ in nil }
        surges = Array(repeating: false, count: Int(end / RequestSimulation.minute))
        for strike in strikes where strike.kind == .surges {
            let minutes =
                Int(strike.start / RequestSimulation.minute)..<Int(strike.end / RequestSimulation.minute)
            for minute in minutes { surges[minute] = true }
        }
    }

    mutating func begin(_ strike: Faults.Strike, minutes: Int) {
        let isOver = active(strike.kind, strike.start) == nil
        latest[strike.kind.rawValue] = strike
        if strike.kind == .staleMetrics, isOver { minutesKnown = minutes }
        // Up to five minutes, either way.
        if strike.kind == .clockSteps { clockOffset = Int64((strike.severity - 0.5) * 600e9) }
    }

    private func active(_ kind: Faults.Kind, _ now: Int64) -> Faults.Strike? {
        latest[kind.rawValue].flatMap { now < $0.end ? $0 : nil }
    }

    func surge(_ minute: Int) -> Double { surges[minute] ? 5 : 1 }

    /// The pools that are out of stock are the same for as long as it lasts.
    func isOutOfStock(_ pool: Pool, _ now: Int64) -> Bool {
        guard let strike = active(.capacityErrors, now) else { return false }
        // FNV-1a, as Hasher differs from run to run.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ strike.salt
        for byte in (pool.type + pool.zone).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var draw = SeededGenerator(seed: hash)
        return draw.unit() < 0.3 + strike.severity
    }

    /// How much longer a boot takes that begins now, and whether it fails.
    func boot(_ now: Int64, _ chance: inout SeededGenerator) -> (slowdown: Double, fails: Bool) {
        guard let strike = active(.slowBoots, now) else { return (1, false) }
        return (1 + 7 * strike.severity, chance.unit() < 0.2)
    }

    /// How many ticks come instead of one.
    func ticks(_ now: Int64, _ chance: inout SeededGenerator) -> Int {
        if active(.deadController, now) != nil { return 0 }
        if let strike = active(.lostTicks, now), chance.unit() < strike.severity { return 0 }
        if let strike = active(.doubledTicks, now), chance.unit() < strike.severity { return 2 }
        return 1
    }

    /// The complete minutes of which the controller knows.
    func minutesKnown(of minutes: Int, _ now: Int64) -> Int {
        active(.staleMetrics, now) == nil ? minutes : min(minutes, minutesKnown)
    }
}
