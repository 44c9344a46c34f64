/// A small part of CloudWatch's metric math: `+ - * /`, brackets, numbers, ids of other queries, and `FILL(id, number)`.
struct MetricMath {
    /// A number, or one for each period that has any.
    enum Value: Equatable {
        case scalar(Double)
        case series([Int64: Double])
    }

    private let text: [Character]
    private var position = 0
    private let value: (String) throws(ServiceFailure) -> Value
    /// All periods that were asked for, which FILL fills.
    private let periods: [Int64]
    private static let depthMax = 50

    /// - Parameter value: of another query, by its id.
    static func evaluate(
        _ text: String,
        periods: [Int64],
        value: @escaping (String) throws(ServiceFailure) -> Value
    ) throws(ServiceFailure) -> Value {
        var math = MetricMath(text: Array(text.prefix(2048)), value: value, periods: periods)
        let result = try math.sum(depth: 0)
        math.skipBlanks()
        guard math.position == math.text.count else { throw math.unexpected }
        return result
    }

    private init(
        text: [Character],
        value: @escaping (String) throws(ServiceFailure) -> Value,
        periods: [Int64]
    ) {
        (self.text, self.value, self.periods) = (text, value, periods)
    }

    private mutating func sum(depth: Int) throws(ServiceFailure) -> Value {
        guard depth < Self.depthMax else { throw unexpected }
        var result = try product(depth)
        while true {
            if take("+") {
                result = Self.combine(result, try product(depth)) { $0 + $1 }
            } else if take("-") {
                result = Self.combine(result, try product(depth)) { $0 - $1 }
            } else {
                return result
            }
        }
    }

    private mutating func product(_ depth: Int) throws(ServiceFailure) -> Value {
        var result = try factor(depth)
        while true {
            if take("*") {
                result = Self.combine(result, try factor(depth)) { $0 * $1 }
            } else if take("/") {
                // A quotient by zero has no value, as in CloudWatch.
                result = Self.combine(result, try factor(depth)) { $1 == 0 ? nil : $0 / $1 }
            } else {
                return result
            }
        }
    }

    private mutating func factor(_ depth: Int) throws(ServiceFailure) -> Value {
        if take("(") {
            let result = try sum(depth: depth + 1)
            guard take(")") else { throw unexpected }
            return result
        }
        skipBlanks()
        let word = String(text[position...].prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
        guard let first = word.first else { throw unexpected }
        position += word.count
        if first.isNumber {
            guard let number = Double(word) else { throw unexpected }
            return .scalar(number)
        }
        guard take("(") else { return try value(word) }
        guard word == "FILL" else {
            throw ServiceFailure(
                "ValidationError",
                "metric math here has no function \(word.prefix(40)); it has FILL and + - * /"
            )
        }
        let filled = try sum(depth: depth + 1)
        guard take(",") else { throw unexpected }
        guard case .scalar(let number) = try sum(depth: depth + 1), take(")") else { throw unexpected }
        guard case .series(let series) = filled else { return filled }
        let blank = Dictionary(uniqueKeysWithValues: periods.map { ($0, number) })
        return .series(blank.merging(series) { $1 })
    }

    private static func combine(_ one: Value, _ other: Value, _ operation: (Double, Double) -> Double?)
        -> Value
    {
        switch (one, other) {
        case (.scalar(let one), .scalar(let other)): .scalar(operation(one, other) ?? .nan)
        case (.series(let series), .scalar(let number)):
            .series(series.compactMapValues { operation($0, number) })
        case (.scalar(let number), .series(let series)):
            .series(series.compactMapValues { operation(number, $0) })
        case (.series(let one), .series(let other)):
            .series(
                Dictionary(
                    uniqueKeysWithValues: one.compactMap { period, value in
                        other[period].flatMap { operation(value, $0) }.map { (period, $0) }
                    }
                )
            )
        }
    }

    private mutating func skipBlanks() {
        while position < text.count, text[position].isWhitespace { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        skipBlanks()
        guard position < text.count, text[position] == character else { return false }
        position += 1
        return true
    }

    private var unexpected: ServiceFailure {
        let rest = String(text[min(position, text.count)...].prefix(20))
        return ServiceFailure("ValidationError", "Error in expression: unexpected '\(rest)'")
    }
}
