/// An amount of money, in billionths of a US dollar: whole numbers, so that a sum does not depend on its order.
///
/// A second of Lambda at 1,769 MB is 28,800 of them, an hour of c7g.large 72,500,000; the largest amount is 9 billion dollars.
package struct Dollars: Hashable, Comparable, AdditiveArithmetic, Sendable {
    package var nanodollars: Int64

    package static let zero = Dollars(nanodollars: 0)

    package init(nanodollars: Int64) { self.nanodollars = nanodollars }

    /// Rounded to the nearest billionth.
    package init(_ dollars: Double) { nanodollars = Int64((dollars * 1e9).rounded()) }

    /// For ratios and for people; never to add up.
    package var amount: Double { Double(nanodollars) / 1e9 }

    package static func < (one: Dollars, other: Dollars) -> Bool { one.nanodollars < other.nanodollars }
    package static func + (one: Dollars, other: Dollars) -> Dollars {
        Dollars(nanodollars: one.nanodollars + other.nanodollars)
    }
    package static func - (one: Dollars, other: Dollars) -> Dollars {
        Dollars(nanodollars: one.nanodollars - other.nanodollars)
    }
    package static func * (amount: Dollars, count: Int) -> Dollars {
        Dollars(nanodollars: amount.nanodollars * Int64(count))
    }
    package static func / (one: Dollars, other: Dollars) -> Double {
        Double(one.nanodollars) / Double(other.nanodollars)
    }
}
