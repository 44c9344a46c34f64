extension Action {
    /// For people: `launch 2 c7g.large, spot, in 3 pools`.
    package var words: String {
        switch self {
        case .launch(let launch):
            "launch \(launch.count) \(launch.pools[0].type), \(launch.market.rawValue)"
                + (launch.pools.count > 1 ? ", in one of \(launch.pools.count) pools" : "")
        case .drain(let instance): "drain \(instance)"
        case .provision(let environments): "keep \(environments) environments of provisioned concurrency"
        case .warm(let environments): "warm \(environments) environments"
        }
    }
}

extension Reason {
    /// For people: `12.0/s for long enough, of 14.0/s that an instance takes`.
    package var words: String {
        switch self {
        case .sustainedDemand(let rate, let capacity):
            "Lambda has cost as much more on \(text(rate))/s of this layer's \(text(capacity))/s as a launch does"
        case .forecast(let expected, let capacity):
            "\(text(expected))/s of \(text(capacity))/s are expected by the time it serves"
        case .spill(let rate): "up to \(text(rate))/s are expected that no instance takes"
        case .idle(let rate, let capacity):
            "\(text(rate))/s of \(text(capacity))/s: idle for as much as a new launch would cost"
        case .forecastLow(let expected, let capacity):
            "only \(text(expected))/s of \(text(capacity))/s are expected"
        case .replacesInterrupted(let instance): "EC2 takes \(instance) back, or may soon"
        case .consolidation(let saves): "the same for $\(text(saves.amount)) an hour less"
        case .sloBurn(let rate): "misses burn the objective's budget \(text(rate)) times too fast"
        case .target(let desired, let current): "the rule asks for \(desired); there are \(current)"
        case .limits: "more than the limits allow"
        case .unhealthy: "too old, or it does not serve though it should"
        }
    }

    /// Three digits behind the point at most, and no zeros at the end.
    private func text(_ value: Double) -> String {
        let scaled = (value * (abs(value) < 1 ? 1000 : 10)).rounded() / (abs(value) < 1 ? 1000 : 10)
        return scaled == scaled.rounded() && abs(scaled) < 1e15 ? String(Int64(scaled)) : "\(scaled)"
    }
}
