/// Dollars for people.
package enum Money {
    /// `$0.0312`: as many digits as tell three of what is there, two at least and six at most.
    package static func text(_ dollars: Double) -> String {
        var (digits, value) = (2, abs(dollars))
        while value < 10, value > 0, digits < 6, value * 10 < 100 {
            value *= 10
            if value < 10 { digits += 1 }
        }
        return (dollars < 0 ? "-$" : "$") + fixed(abs(dollars), digits)
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let units = Int((value * Double(scale)).rounded())
        let fraction = String(units % scale)
        return "\(units / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
