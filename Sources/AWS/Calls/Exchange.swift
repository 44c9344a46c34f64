package import CURL
package import Wire

/// The two times of a moment: one to measure with, one to sign with.
package struct Moment: Equatable, Sendable {
    /// On a clock that never jumps; its zero means nothing.
    package var monotonic: Duration
    package var wall: WallClock

    package init(monotonic: Duration, wall: WallClock) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// What a client keeps from call to call.
package struct ClientMemory: Sendable {
    package var quota = RetryQuota()
    package var keys = SigningKeys()
    /// How far a host's clock is ahead of ours, where that was enough to be refused.
    package var skews: [String: Duration] = [:]

    package init() {}
}

/// One request from its first attempt to its end: takes what happened, says what to do next.
package struct Exchange: Sendable {
    package enum Event: Sendable {
        case credentials(Result<Credentials, CredentialsError>)
        case reply(Result<CURLResponse, CURLError>)
        case woken
    }

    package enum Action: Sendable {
        /// Fetch credentials, other than those that were refused.
        case credentials(refused: Credentials?)
        case send(CURLRequest)
        case sleep(Duration)
        case finish(Result<Answer, AWSError>)
    }

    package static let backoffMax = Duration.seconds(20)
    /// Less than AWS allows (5 minutes): what is nearly off soon is.
    package static let skewMax = Duration.seconds(240)

    private let plan: Plan
    private var attempts = 0
    private var credentials: Credentials?
    /// How the clock was corrected for the attempt under way; another call may have learnt better meanwhile.
    private var skew = Duration.zero
    private var paid: Int?
    private var mayHaveTakenEffect = false
    private var hasCorrectedClock = false
    private var hasRenewedCredentials = false

    package init(_ plan: Plan) { self.plan = plan }

    /// The first action.
    package func start(now: Moment) -> Action {
        now.monotonic < plan.deadline ? .credentials(refused: nil) : .finish(.failure(error(.deadline)))
    }

    /// The next action.
    ///
    /// - Parameter random: From 0 up to but not with 1, for the length of a wait.
    package mutating func handle(
        _ event: Event,
        now: Moment,
        memory: inout ClientMemory,
        random: Double
    ) -> Action {
        switch event {
        case .woken: return start(now: now)
        case .credentials(.failure(.unreachable(_, .cancelled))): return .finish(.failure(error(.cancelled)))
        case .credentials(.failure(let cause)): return .finish(.failure(error(.credentials(cause))))
        case .credentials(.success(let credentials)):
            guard now.monotonic < plan.deadline else { return .finish(.failure(error(.deadline))) }
            self.credentials = credentials
            attempts += 1
            return .send(request(signedWith: credentials, now: now, memory: &memory))
        case .reply(.success(let response)) where (200..<300).contains(response.status):
            memory.quota.succeed(afterPaying: paid)
            return .finish(.success(Answer(response)))
        case .reply(.success(let response)):
            let refusal = Refusal(Answer(response))
            if let action = correct(refusal.kind, response, now: now, memory: &memory) { return action }
            return retry(.refused(refusal), refusal.kind, now: now, quota: &memory.quota, random: random)
        case .reply(.failure(.cancelled)):
            mayHaveTakenEffect = plan.effect != .none
            return .finish(.failure(error(.cancelled)))
        case .reply(.failure(let cause)):
            let kind = FailureKind(cause)
            return retry(.unreachable(cause), kind, now: now, quota: &memory.quota, random: random)
        }
    }

    /// Why the call ends although its next action was not done.
    package func abandoned() -> AWSError { error(.cancelled) }

    // MARK: Deciding

    /// Mends what made the signature invalid, once, and signs again at once.
    private mutating func correct(
        _ kind: FailureKind,
        _ response: CURLResponse,
        now: Moment,
        memory: inout ClientMemory
    ) -> Action? {
        if kind == .expiredCredentials, !hasRenewedCredentials {
            hasRenewedCredentials = true
            return .credentials(refused: credentials)
        }
        let host = plan.endpoint.authority
        guard kind == .clockSkew, !hasCorrectedClock,
            let date = response[header: "date"].flatMap({ WallClock(http: $0) })
        else { return nil }
        let measured = Duration.milliseconds(date - now.wall)
        let error = measured - skew
        guard error > Self.skewMax || error < .zero - Self.skewMax else { return nil }
        hasCorrectedClock = true
        memory.skews[host] = measured
        return .credentials(refused: nil)
    }

    private mutating func retry(
        _ cause: AWSError.Cause,
        _ kind: FailureKind,
        now: Moment,
        quota: inout RetryQuota,
        random: Double
    ) -> Action {
        if kind.isAmbiguous { mayHaveTakenEffect = plan.effect != .none }
        let isSafe =
            switch kind {
            case .notSent, .throttled: true
            case .transient, .timeout: plan.effect != .once
            default: false
            }
        guard isSafe, attempts < plan.attemptsMax else { return .finish(.failure(error(cause))) }
        let exponential = Duration.seconds(1 << min(attempts - 1, 5))
        let wait = min(exponential, Self.backoffMax) * random
        // Sleeping past the deadline would only hide the reason.
        let cost = RetryQuota.cost(of: kind)
        guard now.monotonic + wait < plan.deadline, quota.take(cost) else {
            return .finish(.failure(error(cause)))
        }
        paid = cost
        return .sleep(wait)
    }

    private func error(_ cause: AWSError.Cause) -> AWSError {
        var missing: String?
        if case .refused(let refusal) = cause { missing = refusal.missingPermission(of: plan.permission) }
        return AWSError(
            service: plan.service.name,
            operation: plan.operation,
            cause: cause,
            attempts: attempts,
            mayHaveTakenEffect: mayHaveTakenEffect,
            missingPermission: missing
        )
    }

    // MARK: The request

    private mutating func request(
        signedWith credentials: Credentials,
        now: Moment,
        memory: inout ClientMemory
    ) -> CURLRequest {
        let endpoint = plan.endpoint
        var message = plan.message
        message.path = endpoint.basePath + message.path
        let signer = Signer(
            credentials: credentials,
            region: endpoint.signingRegion,
            service: plan.service.signingName
        )
        skew = memory.skews[endpoint.authority] ?? .zero
        let signed = signer.sign(message, host: endpoint.authority, at: now.wall + skew, keys: &memory.keys)
        var request = CURLRequest(
            method: signed.method,
            url: endpoint.origin + signed.target,
            headers: signed.headers + [
                ("User-Agent", plan.userAgent), ("amz-sdk-invocation-id", plan.invocationID),
                ("amz-sdk-request", "attempt=\(attempts); max=\(plan.attemptsMax)"),
            ],
            body: signed.body,
            timeout: min(plan.timeout, plan.deadline - now.monotonic),
            connectTimeout: .seconds(3),
            responseLimit: plan.answerLimit
        )
        request.usesFreshConnection = plan.effect != .none
        request.certificateAuthorities = plan.certificateAuthorities
        return request
    }
}
