package import Wire

/// What an invocation brings, told by the event's shape.
package enum Event: Sendable {
    /// A request that came through API Gateway, a load balancer or a function URL.
    case http(HTTPEvent)
    /// A direct invocation with an Open Inference Protocol request, which names its model itself.
    case inference(DirectInference)
    /// Messages of an SQS queue.
    case queue([QueueMessage])
    /// A tick of an EventBridge rule or of EventBridge Scheduler.
    case schedule(ScheduleEvent)
    /// What EC2 says of an instance.
    case instance(InstanceEvent)
    /// A call that only keeps this environment warm.
    case warmUp(WarmUp)

    package struct DirectInference: Equatable, Sendable {
        /// From `model_name`; nil leaves the choice to a repository with one model.
        package let model: String?
        package let version: String?
        package let body: ArraySlice<UInt8>
    }

    package struct QueueMessage: Equatable, Sendable {
        package let id: String
        package let body: [UInt8]
    }

    package struct ScheduleEvent: Equatable, Sendable {
        package let id: String
        package let time: String
        /// ARN of the rule or the schedule.
        package let resource: String
    }

    /// Holds an environment for a while, so that calls made at once land in as many environments.
    package struct WarmUp: Equatable, Sendable {
        /// How long to hold it in milliseconds, bounded by `holdMax`.
        package let hold: Int64
        package let index: Int
        package let of: Int

        package static let holdMax: Int64 = 10_000
    }
}

/// Why an event is none that this function knows.
package enum InvalidEvent: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    case unknownShape(keys: [String])
    case malformed(shape: String, JSONError)

    package static let knownShapes = [
        "API Gateway HTTP API (version 2.0)", "API Gateway REST API (version 1.0)",
        "Application Load Balancer",
        "Lambda function URL", "an Open Inference Protocol request with \"inputs\" and \"model_name\"",
        "SQS records", "EventBridge schedule", "EC2 instance events",
        "{\"warm\":{\"hold_ms\",\"index\",\"of\"}}",
    ]

    package var description: String {
        switch self {
        case .notJSON(let error): "the event is no JSON object: \(error); \(Self.shapes)"
        case .malformed(let shape, let error): "the event looks like \(shape) but is malformed: \(error)"
        case .unknownShape(let keys):
            "unknown event shape with keys \(keys.prefix(10).joined(separator: ", ")); \(Self.shapes)"
        }
    }

    private static var shapes: String { "known shapes: \(knownShapes.joined(separator: "; "))" }
}
