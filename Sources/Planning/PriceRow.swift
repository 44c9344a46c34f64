/// A price, with who says so and when.
package struct PriceRow: Equatable, Sendable {
    /// As `ec2-on-demand-linux`, `lambda` or `sagemaker-realtime`.
    package let service: String
    /// As `c7g.large`.
    package let item: String
    package let region: String
    /// US dollars a `unit`.
    package let dollars: Double
    package let unit: String
    /// `list` for a list price; else how it was arrived at.
    package let basis: String
    package let source: String
    package let sourceDate: String
    /// `key=value` words.
    package let notes: String

    /// The value of a word of `notes`.
    package func note(_ key: String) -> Substring? {
        notes.split(separator: " ").first { $0.hasPrefix(key + "=") }?.dropFirst(key.count + 1)
    }

    /// Whether somebody who should know has published it.
    package var isListed: Bool { basis.hasPrefix("list") }
}
