/// Decimal numbers as text, without Foundation.
package enum Decimal {
    /// A number with so many digits behind the point.
    package static func text(_ value: Double, digits: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        guard abs(value) * scale < 9e15 else { return "\(value)" }
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(scaled) }
        let text = String(scaled)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }

    /// The same with commas between thousands: 1,234,567.
    package static func grouped(_ value: Double, digits: Int = 0) -> String {
        let text = text(value, digits: digits)
        let whole = text.prefix { $0 != "." }
        guard whole.allSatisfy({ $0.isNumber || $0 == "-" }) else { return text }
        let numerals = whole.drop { $0 == "-" }
        var result = ""
        for (index, numeral) in numerals.enumerated() {
            if index > 0, (numerals.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(numeral)
        }
        return (whole.first == "-" ? "-" : "") + result + text.dropFirst(whole.count)
    }

    /// An amount of money with three digits that count, and cents at least: $1,234, $12.30, $0.000432.
    package static func dollars(_ amount: Double) -> String {
        var (digits, size) = (2, abs(amount))
        if size >= 1000 { digits = 0 }
        while size > 0, size < 0.995, digits < 9 {
            size *= 10
            digits += 1
        }
        return (amount < 0 ? "-$" : "$") + grouped(abs(amount), digits: digits)
    }

    /// A number with its unit; dollars come first, a rate sticks to its number.
    package static func quantity(_ number: String, _ unit: String) -> String {
        switch unit {
        case "": number
        case "$": number.hasPrefix("-") ? "-$\(number.dropFirst())" : "$\(number)"
        case _ where unit.hasPrefix("/"): number + unit
        default: "\(number) \(unit)"
        }
    }

    /// Text moved to the right of so many columns.
    package static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// Text filled up to so many columns.
    package static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
