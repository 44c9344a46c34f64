import Wire

/// What EC2 tells EventBridge of an instance: that it takes it back, that it may, or how its state has changed.
///
/// Delivered at least once, in no order, for every instance of the account (AWS, "Amazon EC2 events on EventBridge"). The instance is
/// taken from `detail`: the ARN in `resources` has a zone where others have a region.
package struct InstanceEvent: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case interruption = "EC2 Spot Instance Interruption Warning"
        case rebalance = "EC2 Instance Rebalance Recommendation"
        case state = "EC2 Instance State-change Notification"
    }

    package let kind: Kind
    package let instance: String
    /// After a change of state: `running`, `terminated` and so on.
    package let state: String?
    /// When it happened, in ISO 8601.
    package let time: String

    package init(kind: Kind, instance: String, state: String? = nil, time: String = "") {
        (self.kind, self.instance, self.state, self.time) = (kind, instance, state, time)
    }

    init(_ reader: inout JSONReader) throws(JSONError) {
        let event = try JSON(from: &reader)
        let type = event["detail-type"]?.stringValue ?? ""
        guard let kind = Kind(rawValue: type) else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw JSONError("its detail-type is '\(type)'; expected one of \(known)", at: 0)
        }
        guard let instance = event["detail"]?["instance-id"]?.stringValue, !instance.isEmpty else {
            throw JSONError("its detail has no instance-id", at: 0)
        }
        self.init(
            kind: kind,
            instance: instance,
            state: event["detail"]?["state"]?.stringValue,
            time: event["time"]?.stringValue ?? ""
        )
    }
}
