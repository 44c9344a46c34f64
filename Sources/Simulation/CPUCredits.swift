import Planning

/// The CPU credits of a burstable instance; one is a vCPU at full speed for a minute (EC2 User Guide, "Burstable performance instances").
///
/// An unlimited one borrows up to a day's earnings, which later earnings pay back; what it uses beyond, and what it still owes at its end,
/// is billed.
struct CPUCredits {
    private let burst: InstanceType.Burst
    private let mode: Platform.Credits
    /// Below zero what is owed.
    private(set) var balance = 0.0
    private var surplus = 0.0
    private var since: Int64

    init(_ burst: InstanceType.Burst, _ mode: Platform.Credits, now: Int64) {
        (self.burst, self.mode, since) = (burst, mode, now)
    }

    /// How much longer a run takes that starts now.
    mutating func slowdown(now: Int64) -> Double {
        earn(now)
        return mode == .standard && balance <= 0 ? 1 / burst.baseline : 1
    }

    /// Uses a vCPU for so many nanoseconds at full speed.
    mutating func spend(_ vCPUNanoseconds: Double) {
        balance -= vCPUNanoseconds / 60e9
        guard mode == .unlimited, balance < -burst.creditsMax else { return }
        surplus -= balance + burst.creditsMax
        balance = -burst.creditsMax
    }

    private mutating func earn(_ now: Int64) {
        balance = min(burst.creditsMax, balance + burst.creditsPerHour * Double(now - since) / 3600e9)
        since = now
    }

    /// What is to be paid since the last call; at its end also what the instance owes.
    mutating func takeBill(now: Int64, isEnd: Bool) -> Dollars {
        earn(now)
        if isEnd, mode == .unlimited, balance < 0 {
            surplus -= balance
            balance = 0
        }
        defer { surplus = 0 }
        return Dollars(surplus / 60 * burst.surplus.amount)
    }
}
