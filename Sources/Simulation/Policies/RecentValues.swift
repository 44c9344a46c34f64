/// Numbers of the last seconds.
struct RecentValues: Equatable {
    let span: Duration
    private var entries: [Entry] = []

    private struct Entry: Equatable {
        let at: Duration
        let value: Double
    }

    init(span: Duration) { self.span = span }

    /// Remembers a number, and forgets those that are as old as the span.
    mutating func add(_ value: Double, at now: Duration) {
        entries.append(Entry(at: now, value: value))
        let kept = entries.firstIndex { $0.at > now - span } ?? entries.endIndex
        if kept > 0 { entries.removeFirst(kept) }
    }

    /// 0 without any.
    var mean: Double { entries.isEmpty ? 0 : entries.reduce(0) { $0 + $1.value } / Double(entries.count) }
    var max: Double { entries.reduce(0) { Swift.max($0, $1.value) } }
}
