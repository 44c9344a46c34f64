/// What something costs while it is there.
package struct DollarsPerHour: Hashable, Comparable, AdditiveArithmetic, Sendable {
    package let nanodollars: Int64

    package static let zero = DollarsPerHour(nanodollars: 0)

    package init(nanodollars: Int64) { self.nanodollars = nanodollars }

    /// Rounded to the nearest billionth.
    package init(_ dollars: Double) { nanodollars = Int64((dollars * 1e9).rounded()) }

    /// For ratios and for people; never to add up.
    package var amount: Double { Double(nanodollars) / 1e9 }

    /// For example, 4.16 cents an hour for half an hour are 20,800,000 billionths.
    package static func * (price: DollarsPerHour, time: Duration) -> Dollars {
        Dollars(nanodollars: Int64((Double(price.nanodollars) * (time / .seconds(3600))).rounded()))
    }
    package static func * (price: DollarsPerHour, factor: Double) -> DollarsPerHour {
        DollarsPerHour(nanodollars: Int64((Double(price.nanodollars) * factor).rounded()))
    }
    package static func / (one: DollarsPerHour, other: DollarsPerHour) -> Double {
        Double(one.nanodollars) / Double(other.nanodollars)
    }
    package static func < (one: DollarsPerHour, other: DollarsPerHour) -> Bool {
        one.nanodollars < other.nanodollars
    }
    package static func + (one: DollarsPerHour, other: DollarsPerHour) -> DollarsPerHour {
        DollarsPerHour(nanodollars: one.nanodollars + other.nanodollars)
    }
    package static func - (one: DollarsPerHour, other: DollarsPerHour) -> DollarsPerHour {
        DollarsPerHour(nanodollars: one.nanodollars - other.nanodollars)
    }
}
