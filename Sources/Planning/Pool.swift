/// A spot capacity pool: what EC2 runs out of, prices and takes back together.
package struct Pool: Hashable, Comparable, Sendable {
    package let type: String
    package let zone: String

    package init(type: String, zone: String) { (self.type, self.zone) = (type, zone) }

    package static func < (one: Pool, other: Pool) -> Bool {
        (one.type, one.zone) < (other.type, other.zone)
    }
}
