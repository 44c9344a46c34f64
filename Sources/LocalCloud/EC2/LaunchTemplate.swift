package import Wire

/// What instances are launched from, in all its versions.
package struct LaunchTemplate: Equatable, Sendable {
    package let id: String
    package let name: String
    package let created: WallClock
    package internal(set) var tags: [String: String]
    /// The data of version 1 first, as the requests had it.
    package internal(set) var versions: [JSON]
}
