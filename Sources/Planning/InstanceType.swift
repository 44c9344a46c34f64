/// A row of the catalogue: what a machine is and what it costs.
package struct InstanceType: Hashable, Sendable {
    package enum Architecture: String, CaseIterable, Sendable { case x86 = "x86_64", arm64 }

    package struct Spot: Hashable, Sendable {
        /// A typical price; the current one is observed.
        package let price: DollarsPerHour
        /// How often EC2 takes one back, from the Spot Advisor's band of the last month.
        package let interruptionsPerHour: Double

        package init(price: DollarsPerHour, interruptionsPerHour: Double) {
            (self.price, self.interruptionsPerHour) = (price, interruptionsPerHour)
        }
    }

    /// CPU credits; one is a vCPU for a minute.
    package struct Burst: Hashable, Sendable {
        /// Share of each vCPU that the earned credits pay for.
        package let baseline: Double
        package let creditsPerHour: Double
        /// What it can save: a day's earnings.
        package var creditsMax: Double { 24 * creditsPerHour }
        /// Of a vCPU, beyond credits.
        package let surplus: DollarsPerHour

        package init(baseline: Double, creditsPerHour: Double, surplus: DollarsPerHour) {
            (self.baseline, self.creditsPerHour, self.surplus) = (baseline, creditsPerHour, surplus)
        }
    }

    package let name: String
    package let vCPUs: Int
    package let memoryMiB: Int
    package let architecture: Architecture
    /// CoreMark iterations per second of the whole machine, where known.
    package let coreMark: Double?
    package let hasAccelerator: Bool
    package let onDemand: DollarsPerHour
    package let spot: Spot?
    /// Nil for a machine whose vCPUs are all its own.
    package let burst: Burst?

    package init(
        name: String,
        vCPUs: Int,
        memoryMiB: Int,
        architecture: Architecture = .x86,
        coreMark: Double? = nil,
        hasAccelerator: Bool = false,
        onDemand: DollarsPerHour,
        spot: Spot? = nil,
        burst: Burst? = nil
    ) {
        (self.name, self.vCPUs, self.memoryMiB, self.architecture) = (name, vCPUs, memoryMiB, architecture)
        (self.coreMark, self.hasAccelerator) = (coreMark, hasAccelerator)
        (self.onDemand, self.spot, self.burst) = (onDemand, spot, burst)
    }

    /// The same, bought on demand only.
    package var withoutSpot: InstanceType {
        InstanceType(
            name: name,
            vCPUs: vCPUs,
            memoryMiB: memoryMiB,
            architecture: architecture,
            coreMark: coreMark,
            hasAccelerator: hasAccelerator,
            onDemand: onDemand,
            burst: burst
        )
    }

    /// As charts and bills call an instance of this type.
    package func kind(_ market: Market) -> CapacityKind {
        if burst != nil { return .burstable }
        return market == .spot ? .spot : .onDemand
    }

    package func price(_ market: Market) -> DollarsPerHour? {
        market == .spot ? spot?.price : onDemand
    }
}
