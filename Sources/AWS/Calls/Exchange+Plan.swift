extension Exchange {
    /// What is to be sent, where, and how often.
    package struct Plan: Sendable {
        package let service: Service
        package let operation: String
        package let permission: String
        package var message: HTTPMessage
        package let effect: CallEffect
        package let timeout: Duration
        package let answerLimit: Int
        package let endpoint: Endpoint
        package let certificateAuthorities: String?
        package let userAgent: String
        package let attemptsMax: Int
        /// On the monotonic clock.
        package let deadline: Duration
        /// The same over all attempts, so that AWS's support can find them.
        package var invocationID: String

        package init<Output>(
            _ call: Call<Output>,
            _ configuration: AWSConfiguration,
            deadline: Duration,
            invocationID: String
        ) {
            service = call.service
            operation = call.operation
            permission = call.permission
            message = call.message
            effect = call.effect
            timeout = call.timeout
            answerLimit = call.answerLimit
            endpoint = configuration.endpoints.endpoint(of: call.service, region: configuration.region)
            certificateAuthorities = configuration.certificateAuthorities
            userAgent = configuration.userAgent
            attemptsMax = configuration.attemptsMax
            self.deadline = deadline
            self.invocationID = invocationID
        }
    }
}
