package import Wire

/// What somebody at the dashboard, or a test, does to the cloud.
package enum StackOrder: Equatable, Sendable {
    /// EC2 takes a spot instance back; the oldest when none is named.
    case reclaim(instance: String?)
    case rebalance(instance: String?)
    /// The instance's program dies without a word.
    case killInstance(String?)
    /// All of a function's environments die.
    case killFunction(String)
    /// Pools have nothing for so many seconds of the cloud's; nil stands for all types, zones and markets.
    case closePools(type: String?, zone: String?, market: String?, seconds: Int)
    case openPools
    /// A service answers 503 for so many seconds of the machine's.
    case outage(service: String, seconds: Int)
    /// In a demo, so many times the load of now for so many seconds of the cloud's.
    case surge(factor: Double, seconds: Int)

    /// Reads `{"order": "reclaim", "instance": "i-..."}`.
    package init(_ json: JSON) throws(ServiceFailure) {
        let seconds = json["seconds"]?.intValue ?? 60
        guard (1...86_400).contains(seconds) else {
            throw ServiceFailure("InvalidOrder", "seconds is \(seconds); expected 1 to 86400")
        }
        let instance = json["instance"]?.stringValue
        switch json["order"]?.stringValue {
        case "reclaim": self = .reclaim(instance: instance)
        case "rebalance": self = .rebalance(instance: instance)
        case "kill-instance": self = .killInstance(instance)
        case "kill-function":
            guard let function = json["function"]?.stringValue else {
                throw ServiceFailure("InvalidOrder", "kill-function needs the function's name")
            }
            self = .killFunction(function)
        case "close-pools":
            self = .closePools(
                type: json["type"]?.stringValue,
                zone: json["zone"]?.stringValue,
                market: json["market"]?.stringValue,
                seconds: seconds
            )
        case "open-pools": self = .openPools
        case "surge":
            let factor = json["factor"]?.doubleValue ?? 3
            guard factor > 1, factor <= 20 else {
                throw ServiceFailure("InvalidOrder", "factor is \(factor); expected more than 1, up to 20")
            }
            self = .surge(factor: factor, seconds: seconds)
        case "outage":
            guard let service = json["service"]?.stringValue else {
                throw ServiceFailure("InvalidOrder", "outage needs the service's signing name, dynamodb say")
            }
            self = .outage(service: service, seconds: seconds)
        case let order:
            throw ServiceFailure(
                "InvalidOrder",
                "there is no order '\(cropped(order ?? "", to: 40))'; there are reclaim, rebalance, kill-instance, kill-function, "
                    + "close-pools, open-pools, outage and surge"
            )
        }
    }
}
