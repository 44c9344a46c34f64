package import Wire

/// An error as a service of AWS's tells it.
package struct ServiceFailure: Error, Equatable, CustomStringConvertible {
    package let code: String
    package let message: String
    package let status: Int
    /// Members that stand beside code and message in JSON.
    package let details: [JSON.Member]

    package init(_ code: String, _ message: String, status: Int = 400, details: [JSON.Member] = []) {
        (self.code, self.message, self.status, self.details) = (code, message, status, details)
    }

    package var description: String { "\(code): \(message)" }

    /// What DynamoDB says to a request that makes no sense.
    static func validation(_ message: String) -> ServiceFailure {
        ServiceFailure("ValidationException", message)
    }
}
