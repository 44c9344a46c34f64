import AWS
import CURL
import Serving
import Threading

extension Effects {
    /// Those of a function's process: libcurl, opened here, and no files.
    static func ofFunction() throws(CURLError) -> Effects {
        Effects(
            send: try CURLClient().transport,
            now: { Moment(monotonic: MonotonicClock.now(), wall: Process.now()) },
            read: { _ in nil }
        )
    }
}

extension AWSClient {
    /// The client of a function's process: region and credentials from its environment.
    ///
    /// - Parameter attemptsMin: attempts of a call, at least.
    convenience init(
        function variables: [String: String],
        _ effects: Effects,
        attemptsMin: Int = 1
    ) throws(InvalidAWSConfiguration) {
        var configuration = try AWSConfiguration(
            environment: variables,
            product: "mark/\(InferenceService.serverVersion)",
            read: { _ in nil }
        )
        configuration.attemptsMax = max(configuration.attemptsMax, attemptsMin)
        self.init(configuration, effects: effects)
    }
}
