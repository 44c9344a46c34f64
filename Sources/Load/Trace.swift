/// A recorded load: a header `timestamp,requests`, then a line for each minute.
///
/// The timestamp is the minute's start in UTC, as 2026-11-24T13:05:00Z, or its number. Minutes may be missing.
package struct Trace: Equatable, Sendable {
    /// The first minute, since 1970 or as it was numbered.
    package let start: Int
    /// Requests of each minute; nil when the line is missing or its count empty.
    package let minutes: [Int?]

    /// Missing minutes as none.
    package var counts: [Int] { minutes.map { $0 ?? 0 } }

    /// Minutes that may be missing one after the other: a week.
    package static let gapMax = 10_080

    package init(parsing text: String) throws(InvalidTrace) {
        var lines = text.split(whereSeparator: \.isNewline)
        let hasHeader = lines.first.map { !$0.utf8.contains(where: { (0x30...0x39).contains($0) }) } ?? false
        if hasHeader { lines.removeFirst() }
        guard !lines.isEmpty else { throw InvalidTrace(line: 1, text: "", problem: .form) }
        var start: Int?
        var minutes: [Int?] = []
        for (index, line) in lines.enumerated() {
            func invalid(_ problem: InvalidTrace.Problem) -> InvalidTrace {
                InvalidTrace(
                    line: index + (hasHeader ? 2 : 1),
                    text: String(line.prefix(80)),
                    problem: problem
                )
            }
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 2, let minute = Self.minute(fields[0]) else { throw invalid(.form) }
            let count = Int(fields[1])
            guard fields[1].isEmpty || count.map({ $0 >= 0 }) ?? false else { throw invalid(.form) }
            let first = start ?? minute
            start = first
            let position = minute - first
            guard position >= minutes.count else { throw invalid(.order) }
            guard position - minutes.count <= Self.gapMax else { throw invalid(.gap) }
            minutes += Array(repeating: nil, count: position - minutes.count) + [count]
        }
        guard minutes.contains(where: { $0 != nil }) else {
            throw InvalidTrace(line: 1, text: String(lines[0].prefix(80)), problem: .form)
        }
        (self.start, self.minutes) = (start ?? 0, minutes)
    }

    private static func minute(_ text: Substring) -> Int? {
        if let number = Int(text) { return abs(number) < 1 << 32 ? number : nil }
        let parts = text.split { "-T :Z".contains($0) }.map { Int($0) }
        guard (5...6).contains(parts.count), !parts.contains(nil), text.hasSuffix("Z") else { return nil }
        let numbers = parts.map { $0 ?? 0 }
        guard (1970...9999).contains(numbers[0]), (1...12).contains(numbers[1]),
            (1...31).contains(numbers[2]), (0...23).contains(numbers[3]), (0...59).contains(numbers[4])
        else { return nil }
        return day(numbers[0], numbers[1], numbers[2]) * 1440 + numbers[3] * 60 + numbers[4]
    }

    /// Days since 1970 of a date, with years that begin in March so that the leap day is the last.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }
}

/// A trace that is none.
package struct InvalidTrace: Error, Equatable, CustomStringConvertible {
    package enum Problem: Equatable, Sendable { case form, order, gap }

    package let line: Int
    package let text: String
    package let problem: Problem

    package var description: String {
        let remedy =
            switch problem {
            case .form: "expected TIMESTAMP,REQUESTS with a whole number of requests in that minute"
            case .order: "expected a later minute than that of the line before; sort TIMESTAMP,REQUESTS"
            case .gap:
                "more than a week is missing before it; leave out what is older, or fill TIMESTAMP,REQUESTS"
            }
        return "line \(line) of the trace is '\(text)'; \(remedy)"
    }
}
