package import Wire

/// One invocation as the Runtime API hands it out.
package struct Invocation: Sendable {
    package let requestID: String
    /// When Lambda ends the invocation, in the wall clock's time.
    package let deadline: WallClock
    package let functionARN: String?
    package let traceID: String?
    /// What a mobile SDK sent along: JSON, or still Base64 on managed instances, so it is kept as it came.
    package let clientContext: String?
    /// JSON with `cognitoIdentityId` and `cognitoIdentityPoolId`, as it came.
    package let cognitoIdentity: String?
    package let tenantID: String?
    /// Whether this is the first one that this process takes.
    package let isFirst: Bool
    /// The event's bytes.
    package let event: [UInt8]

    init(_ response: RuntimeResponse, isFirst: Bool) throws(RuntimeAPIError) {
        guard let requestID = response.value(.requestID) else {
            throw .missingHeader("Lambda-Runtime-Aws-Request-Id")
        }
        self.requestID = requestID
        // Without a deadline the invocation is as good as endless for us; Lambda ends it anyway.
        deadline = WallClock(milliseconds: response.value(.deadline).flatMap(Int64.init) ?? .max)
        functionARN = response.value(.functionARN)
        traceID = response.value(.traceID)
        clientContext = response.value(.clientContext)
        cognitoIdentity = response.value(.cognitoIdentity)
        tenantID = response.value(.tenantID)
        self.isFirst = isFirst
        event = response.body
    }
}
