package import Wire

/// Decides when credentials are fetched again; knows no clock and no source.
package struct CredentialsCache: Equatable, Sendable {
    package enum Decision: Equatable, Sendable {
        case use(Credentials)
        /// Fetch; while that takes its time others may go on with these, if any.
        case fetch(meanwhile: Credentials?)
    }

    /// From here on newer ones are asked for, while these are used.
    package static let renewal = Duration.seconds(15 * 60)
    /// From here on everyone waits for newer ones.
    package static let forcedRenewal = Duration.seconds(10 * 60)
    /// A source that has nothing newer is left alone for this time, up to twice as long.
    package static let pause = Duration.seconds(5 * 60)

    private var current: Credentials?
    private var isRefused = false
    private var notBefore: WallClock?

    package init() {}

    /// - Parameter refused: Credentials that a service called expired; never given again.
    package mutating func decide(now: WallClock, refused: Credentials?) -> Decision {
        guard let current else { return .fetch(meanwhile: nil) }
        if current == refused { isRefused = true }
        guard !isRefused else { return .fetch(meanwhile: nil) }
        guard let expiration = current.expiration, expiration < now + Self.renewal else {
            return .use(current)
        }
        if let notBefore, now < notBefore { return .use(current) }
        return .fetch(meanwhile: expiration < now + Self.forcedRenewal ? nil : current)
    }

    /// Takes what a source gave.
    ///
    /// - Parameter random: From 0 up to but not with 1.
    /// - Returns: What to use: what came, or what there was, which AWS may still take.
    package mutating func take(
        _ result: Result<Credentials, CredentialsError>,
        now: WallClock,
        random: Double
    ) -> Result<Credentials, CredentialsError> {
        let pause = now + Self.pause * (1 + random)
        switch result {
        case .success(let fresh):
            notBefore = fresh.expiration.map { $0 < now + Self.renewal } == true ? pause : nil
            isRefused = isRefused && fresh == current
            current = fresh
            return result
        case .failure:
            guard let current, !isRefused else { return result }
            notBefore = pause
            return .success(current)
        }
    }
}
