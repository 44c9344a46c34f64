package import AWS
package import CURL
import Wire

/// Watches the instance's metadata for notices that its capacity is about to be taken away (AWS, "Spot Instance
/// interruption notices" and "EC2 instance rebalance recommendations"), every five seconds: a notice comes two minutes ahead.
package struct SpotWatch: Sendable {
    package enum Notice: Equatable, Sendable, CustomStringConvertible {
        /// EC2 will stop or terminate the instance at that time (ISO 8601).
        case interruption(action: String, time: String)
        /// The risk of an interruption has risen.
        case rebalance(time: String)

        package var description: String {
            switch self {
            case .interruption(let action, let time): "EC2 will \(action) this instance at \(time)"
            case .rebalance(let time): "EC2 recommended at \(time) to rebalance"
            }
        }
    }

    private let metadata: InstanceMetadata
    private let interval: Duration

    package init(_ metadata: InstanceMetadata, interval: Duration = .seconds(5)) {
        self.metadata = metadata
        self.interval = interval
    }

    /// Waits for the first notice; nil when the task is cancelled.
    ///
    /// - Parameter failed: called once, when the service does not answer for the first time.
    package func notice(failed: (CURLError) -> Void) async -> Notice? {
        var hasFailed = false
        while !Task.isCancelled {
            do throws(CURLError) {
                if let notice = try await read() { return notice }
            } catch {
                if !hasFailed { failed(error) }
                hasFailed = true
            }
            try? await Task.sleep(for: interval)
        }
        return nil
    }

    private func read() async throws(CURLError) -> Notice? {
        if let text = try await metadata.value("spot/instance-action"),
            let json = try? JSON(parsing: Array(text.utf8))
        {
            let action = json["action"]?.stringValue ?? "interrupt"
            return .interruption(action: action, time: json["time"]?.stringValue ?? "an unknown time")
        }
        if let text = try await metadata.value("events/recommendations/rebalance"),
            let json = try? JSON(parsing: Array(text.utf8))
        {
            return .rebalance(time: json["noticeTime"]?.stringValue ?? "an unknown time")
        }
        return nil
    }
}
