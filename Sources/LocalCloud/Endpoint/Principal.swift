package import AWS

/// Somebody whose requests are accepted: a role's keys, or the person's at the keyboard.
package struct Principal: Equatable, Sendable {
    package let name: String
    package let credentials: Credentials

    package init(_ name: String, _ credentials: Credentials) {
        (self.name, self.credentials) = (name, credentials)
    }
}
