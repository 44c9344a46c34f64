import Planning

/// An instance as the fluid simulation runs it, beside what a policy sees of it; times are in seconds since the start.
struct FluidMachine {
    let capacity: Double
    /// Of one request alone.
    let runTime: Double
    /// Nanodollars a second.
    let price: Double
    let kind: Int
    let line: Ledger.Line
    /// Interruptions a second; 0 off the spot market.
    let hazard: Double
    let launchedAt: Double
    let readyAt: Double
    /// When EC2 takes it back; infinite while it has not said so.
    var goneAt = Double.infinity
    var credits: Credits?

    /// How much of a step it serves, and how much of it is billed, in seconds.
    func times(from start: Double, to end: Double) -> (serving: Double, billed: Double) {
        let last = min(end, goneAt)
        return (max(0, last - max(start, readyAt)), max(0, last - start))
    }

    /// CPU credits of an instance in `unlimited` mode, EC2's default for T3, T3a and T4g.
    ///
    /// It begins with none. What it runs above its baseline it borrows up to a day's earnings, pays back from later ones, and pays for in
    /// money beyond that and at its end (EC2 User Guide, "Unlimited mode for burstable performance instances").
    struct Credits {
        /// A credit is a vCPU for 60 s.
        private(set) var balance = 0.0
        let perSecond: Double
        let max: Double
        let vCPUs: Double
        /// Nanodollars a credit.
        let surplus: Double

        /// Lets time pass with a share of the vCPUs busy; what must be paid, in nanodollars.
        mutating func pass(_ seconds: Double, busy: Double) -> Double {
            balance = Swift.min(max, balance + seconds * (perSecond - busy * vCPUs / 60))
            guard balance < -max else { return 0 }
            defer { balance = -max }
            return (-max - balance) * surplus
        }

        /// What is still owed at its end, in nanodollars.
        var debt: Double { Swift.max(0, -balance) * surplus }
    }
}

extension FluidMachine.Credits {
    init?(_ type: InstanceType?) {
        guard let type, let burst = type.burst else { return nil }
        (perSecond, max, vCPUs) = (burst.creditsPerHour / 3600, burst.creditsMax, Double(type.vCPUs))
        surplus = Double(burst.surplus.nanodollars) / 60
    }
}
