package import CURL

/// Why a call has no result.
package struct AWSError: Error, Equatable, CustomStringConvertible {
    package enum Cause: Equatable, Sendable {
        /// The service answered with an error.
        case refused(Refusal)
        /// No answer came.
        case unreachable(CURLError)
        /// The answer cannot be read.
        case malformed(MalformedAnswer)
        case credentials(CredentialsError)
        /// The deadline came before the first attempt, or before another one could be made.
        case deadline
        /// More pages came than any real answer has.
        case tooManyPages(Int)
        case cancelled
    }

    /// The service's name, `EC2`.
    package let service: String
    package let operation: String
    package let cause: Cause
    /// Requests that were sent.
    package let attempts: Int
    /// Whether the operation may have run all the same: the answer of an attempt was lost, or said "internal error".
    ///
    /// Read the state again before you call it lost.
    package let mayHaveTakenEffect: Bool
    /// The IAM action that the caller lacks, `ec2:RunInstances`.
    package let missingPermission: String?

    package var refusal: Refusal? { if case .refused(let refusal) = cause { refusal } else { nil } }

    /// The service's error code, when it gave one.
    package var code: String? { refusal?.code }

    package var kind: FailureKind {
        switch cause {
        case .refused(let refusal): refusal.kind
        case .unreachable(let error): FailureKind(error)
        case .malformed, .credentials, .deadline, .tooManyPages, .cancelled: .final
        }
    }

    package var description: String {
        var text = "\(service) \(operation): \(reason)"
        if let missingPermission { text += "; allow \(missingPermission) in the caller's policy" }
        if attempts > 1 { text += " (after \(attempts) attempts)" }
        if mayHaveTakenEffect { text += "; it may have taken effect, so look before you repeat it" }
        return text
    }

    private var reason: String {
        switch cause {
        case .refused(let refusal): "\(refusal)"
        case .unreachable(let error): "\(error)"
        case .malformed(let answer): "the answer cannot be read: \(answer)"
        case .credentials(let error): "\(error)"
        case .deadline: "no time is left; allow more"
        case .tooManyPages(let count): "the answer has more than \(count) pages; narrow the request"
        case .cancelled: "it was cancelled"
        }
    }
}

/// An error as a service put it.
package struct Refusal: Equatable, Sendable, CustomStringConvertible {
    package let status: Int
    /// Without prefix and suffix: `ConditionalCheckFailedException`.
    package let code: String
    package let message: String
    package let requestID: String?
    /// What EC2 adds in encoded form, for `sts:DecodeAuthorizationMessage`.
    package let encodedDetails: String?

    package var kind: FailureKind { FailureKind(status: status, code: code) }

    package var description: String {
        "\(code) (HTTP \(status))" + (message.isEmpty ? "" : ": \(message)")
            + (requestID.map { ", request \($0)" } ?? "")
    }

    /// The IAM action whose absence this says; nil for other errors.
    ///
    /// - Parameter operation: The action of the call, which counts when the message names none.
    func missingPermission(of operation: String) -> String? {
        switch code {
        case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "UnauthorizedException":
            // "… is not authorized to perform: iam:PassRole on resource: …"
            guard let start = message.firstRange(of: "to perform: ")?.upperBound else { return operation }
            let action = message[start...].prefix { $0.isLetter || $0.isNumber || ":-".contains($0) }
            return action.contains(":") ? String(action) : operation
        default: return nil
        }
    }
}
