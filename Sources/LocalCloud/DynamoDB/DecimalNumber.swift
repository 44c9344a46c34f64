/// A number as DynamoDB keeps it: up to 38 decimal digits, exact (AWS, "Data types", Number).
package struct DecimalNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let isNegative: Bool
    /// The most significant first, without zeros at either end; none for zero.
    private let digits: [UInt8]
    /// Of the first digit: 0 for 1 to 9, -1 for 0.1.
    private let magnitude: Int

    private static let digitsMax = 38

    /// Nil for what is no number, has more than 38 digits, or is beyond 10^125 or 10^-130.
    package init?(_ text: some StringProtocol) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let parts = rest.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E")
        }
        guard parts.count <= 2,
            let exponent = parts.count == 1 ? 0 : Int(String(decoding: parts[1], as: UTF8.self))
        else { return nil }
        guard abs(exponent) <= 1000 else { return nil }
        let mantissa = parts[0].split(
            separator: UInt8(ascii: "."),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let digits = mantissa.joined().map { $0 &- UInt8(ascii: "0") }
        guard !digits.isEmpty, digits.allSatisfy({ $0 <= 9 }) else { return nil }
        self.init(isNegative: isNegative, digits: digits, magnitude: mantissa[0].count - 1 + exponent)
        guard self.digits.count <= Self.digitsMax, (-130...125).contains(self.magnitude) else { return nil }
    }

    package init(_ value: Int) {
        let digits = String(value.magnitude).utf8.map { $0 - UInt8(ascii: "0") }
        self.init(isNegative: value < 0, digits: digits, magnitude: digits.count - 1)
    }

    private init(isNegative: Bool, digits: [UInt8], magnitude: Int) {
        let leading = digits.prefix { $0 == 0 }.count
        let kept = digits[leading...].reversed().drop { $0 == 0 }.reversed()
        self.digits = Array(kept)
        self.isNegative = isNegative && !kept.isEmpty
        self.magnitude = kept.isEmpty ? 0 : magnitude - leading
    }

    /// Bytes of it in an item: one for two digits, and one more.
    package var size: Int { (digits.count + 1) / 2 + 1 }

    package var double: Double { Double(description) ?? 0 }

    package var description: String {
        guard !digits.isEmpty else { return "0" }
        let text = digits.map { String($0) }.joined()
        let sign = isNegative ? "-" : ""
        if magnitude < -7 || magnitude > 40 {
            let rest = text.dropFirst()
            return
                "\(sign)\(text.prefix(1))\(rest.isEmpty ? "" : "." + rest)E\(magnitude < 0 ? "" : "+")\(magnitude)"
        }
        guard magnitude >= 0 else {
            return sign + "0." + String(repeating: "0", count: -magnitude - 1) + text
        }
        let whole = text.prefix(magnitude + 1)
        let fraction = text.dropFirst(magnitude + 1)
        let zeros = String(repeating: "0", count: magnitude + 1 - whole.count)
        return sign + whole + zeros + (fraction.isEmpty ? "" : "." + fraction)
    }

    package static func < (one: DecimalNumber, other: DecimalNumber) -> Bool {
        if one.isNegative != other.isNegative { return one.isNegative }
        return one.isNegative ? other.isSmaller(than: one) : one.isSmaller(than: other)
    }

    /// Of the absolute values.
    private func isSmaller(than other: DecimalNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        if magnitude != other.magnitude { return magnitude < other.magnitude }
        return digits.lexicographicallyPrecedes(other.digits)
    }

    // MARK: Sums

    package static prefix func - (number: DecimalNumber) -> DecimalNumber {
        DecimalNumber(isNegative: !number.isNegative, digits: number.digits, magnitude: number.magnitude)
    }

    /// The sum; nil when it takes more than 38 digits.
    package func adding(_ other: DecimalNumber) -> DecimalNumber? {
        guard !digits.isEmpty, !other.digits.isEmpty else { return digits.isEmpty ? other : self }
        let top = max(magnitude, other.magnitude) + 1
        let bottom = min(magnitude - digits.count, other.magnitude - other.digits.count) + 1
        guard top - bottom < 2 * Self.digitsMax + 4 else { return nil }
        func aligned(_ number: DecimalNumber) -> [Int] {
            var column = [Int](repeating: 0, count: top - bottom + 1)
            for (position, digit) in number.digits.enumerated() {
                column[top - number.magnitude + position] = number.isNegative ? -Int(digit) : Int(digit)
            }
            return column
        }
        var sum = zip(aligned(self), aligned(other)).map { $0 + $1 }
        let isNegative = (sum.first { $0 != 0 } ?? 0) < 0
        if isNegative { sum = sum.map { -$0 } }
        for position in stride(from: sum.count - 1, to: 0, by: -1) {
            let carry = (Double(sum[position]) / 10).rounded(.down)
            sum[position] -= Int(carry) * 10
            sum[position - 1] += Int(carry)
        }
        let total = DecimalNumber(isNegative: isNegative, digits: sum.map { UInt8($0) }, magnitude: top)
        return total.digits.count <= Self.digitsMax ? total : nil
    }
}
