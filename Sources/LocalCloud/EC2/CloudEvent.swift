package import Wire

/// An event that EventBridge hands to the controller.
package enum CloudEvent: Equatable, Sendable {
    case stateChange(instance: String, state: String)
    case interruption(instance: String, zone: String)
    case rebalance(instance: String, zone: String)
    /// The scheduler's, once a minute.
    case tick

    /// For a line of log.
    var name: String {
        switch self {
        case .stateChange(let id, let state): "\(id) \(state)"
        case .interruption(let id, _): "\(id) interruption"
        case .rebalance(let id, _): "\(id) rebalance"
        case .tick: "tick"
        }
    }

    /// The envelope (AWS, "Events from AWS services", Amazon EC2).
    ///
    /// - Parameter number: makes its id.
    package func encoded(at time: WallClock, number: Int) -> [UInt8] {
        let (region, account) = (FunctionConfiguration.region, FunctionConfiguration.account)
        let (source, type, resource, detail): (String, String, String, JSON) =
            switch self {
            case .stateChange(let id, let state):
                (
                    "aws.ec2", "EC2 Instance State-change Notification",
                    "arn:aws:ec2:\(region):\(account):instance/\(id)",
                    ["instance-id": .string(id), "state": .string(state)]
                )
            case .interruption(let id, let zone):
                (
                    "aws.ec2", "EC2 Spot Instance Interruption Warning", "arn:aws:ec2:\(zone):instance/\(id)",
                    ["instance-id": .string(id), "instance-action": "terminate"]
                )
            case .rebalance(let id, let zone):
                (
                    "aws.ec2", "EC2 Instance Rebalance Recommendation", "arn:aws:ec2:\(zone):instance/\(id)",
                    ["instance-id": .string(id)]
                )
            case .tick:
                (
                    "aws.scheduler", "Scheduled Event",
                    "arn:aws:scheduler:\(region):\(account):schedule/default/mark", [:]
                )
            }
        let event: JSON = [
            "version": "0", "id": .string(RequestID.text(number)), "detail-type": .string(type),
            "source": .string(source),
            "account": .string(account), "time": .string(time.iso8601Seconds), "region": .string(region),
            "resources": [.string(resource)], "detail": detail,
        ]
        return event.encoded()
    }
}

/// Looks like AWS's: a UUID made of a counter, so that a run can be repeated.
enum RequestID {
    static func text(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}
