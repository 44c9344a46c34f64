package import Wire

/// What requests are signed with.
package struct Credentials: Hashable, Sendable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Comes with temporary credentials, those of roles.
    package let sessionToken: String?
    /// Nil for what does not expire, or does not say when.
    package let expiration: WallClock?

    package init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil,
        expiration: WallClock? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}

extension Credentials: CustomStringConvertible, CustomReflectable {
    /// Names the key; shows nothing that is secret, not even to a debugger's dump.
    package var description: String { "credentials of \(accessKeyID)" }

    package var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
