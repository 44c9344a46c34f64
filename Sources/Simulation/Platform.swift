package import Planning

/// What a policy's instances are and what becomes of a request that they cannot take: where the systems that are compared differ.
package struct Platform: Equatable, Sendable {
    package enum Overflow: Equatable, Sendable {
        /// Lambda serves it, at once.
        case lambda
        /// It waits at an instance for as long as it takes, up to a limit of waiting requests an instance, and is refused beyond.
        case queue(max: Int)
    }

    /// What burstable instances do without credits.
    package enum Credits: Equatable, Sendable {
        /// They go on at their baseline.
        case standard
        /// They go on at full speed, and the surplus is billed: the default of T3, T3a and T4g.
        case unlimited
    }

    package let overflow: Overflow
    /// From the request for an instance to its first answer.
    package let launchDelay: Duration
    /// What an instance of a type costs here; nil: EC2's price.
    package let prices: [String: DollarsPerHour]
    /// What functions cost here; nil: Lambda's price.
    package let lambda: LambdaPrices?
    /// Dollars of a request that an instance takes, beside the instance.
    package let perRequest: Double
    /// Capacity that is billed as one of a managed service's.
    package let isManaged: Bool
    /// Instances are billed for so long at least.
    package let billedMin: Duration
    /// Whether batches wait and requests are admitted by the production values; else one request after the other.
    package let isBatching: Bool
    package let credits: Credits
    package let limits: LambdaLimits
    /// Whether a router function stands before the instances while they serve.
    package let hasRouter: Bool
    /// Dollars that an API Gateway asks for each request; 0: a function URL, which is free.
    package let gateway: Double

    package init(
        overflow: Overflow = .lambda,
        launchDelay: Duration,
        prices: [String: DollarsPerHour] = [:],
        lambda: LambdaPrices? = nil,
        perRequest: Double = 0,
        isManaged: Bool = false,
        billedMin: Duration = .seconds(60),
        isBatching: Bool = true,
        credits: Credits = .unlimited,
        limits: LambdaLimits = LambdaLimits(),
        hasRouter: Bool = false,
        gateway: Double = 0
    ) {
        (self.hasRouter, self.gateway) = (hasRouter, gateway)
        (self.overflow, self.launchDelay, self.prices) = (overflow, launchDelay, prices)
        (self.lambda, self.perRequest, self.limits) = (lambda, perRequest, limits)
        (self.isManaged, self.billedMin, self.isBatching) = (isManaged, billedMin, isBatching)
        self.credits = credits
    }
}

/// How fast and how far Lambda lets a function grow, and how long it keeps what is idle.
package struct LambdaLimits: Equatable, Sendable {
    /// Executions at once, and what is provisioned: an account's quota, which AWS raises on request.
    package let concurrencyMax: Int
    /// New environments of a function in ten seconds.
    package let environmentsPerTenSeconds: Int
    /// How long an idle environment stays; AWS says nothing, 5 to 15 minutes were measured.
    package let keepAlive: Duration
    /// From a request for provisioned concurrency until it is there.
    package let provisioningDelay: Duration

    package init(
        concurrencyMax: Int = 1000,
        environmentsPerTenSeconds: Int = 1000,
        keepAlive: Duration = .seconds(600),
        provisioningDelay: Duration = .seconds(120)
    ) {
        self.concurrencyMax = concurrencyMax
        self.environmentsPerTenSeconds = environmentsPerTenSeconds
        (self.keepAlive, self.provisioningDelay) = (keepAlive, provisioningDelay)
    }
}
