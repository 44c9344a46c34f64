import Reports

/// How far a long computation is, on one line of a terminal; nothing in a pipe.
struct ProgressBar {
    /// Steps of the whole.
    private let count: Int
    private var shown = -1

    init(count: Int) { self.count = max(1, count) }

    /// - Parameter text: what is being done.
    mutating func show(_ done: Int, _ text: String) {
        let percent = 100 * done / count
        guard percent != shown else { return }
        shown = percent
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        Terminal.progress("\(bar) \(Decimal.right(String(percent), 3)) %  \(text)")
    }

    func end() { Terminal.progress(nil) }
}
