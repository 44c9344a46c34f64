/// Foresees when the texts that are made and those that wait will be complete, by running them as the scheduler will.
struct GenerationForecast {
    /// A text, from the token that comes next on.
    struct Text {
        /// Tokens of the prompt still to be read; 0 for a text that is being made.
        var prompt: Int
        /// Tokens still to be made, at least one.
        var tokens: Int
        /// Of each step.
        var rows = 1
        let id: UInt64
    }

    let slots: Int
    /// Tokens of a prompt that are read between two steps.
    let chunk: Int
    /// The time of a step of so many texts, and of reading so many tokens at once.
    let step: (Int) -> Duration
    let prompt: (Int) -> Duration
    /// Whether a prompt was read since the last step.
    var hasPrompted = false

    private var clock = Duration.zero
    private var steps = 0
    /// The texts that are made, with the step that is their last.
    private var running: [(end: Int, rows: Int, id: UInt64)] = []
    private var done: [(id: UInt64, at: Duration)] = []

    init(
        slots: Int,
        chunk: Int,
        hasPrompted: Bool,
        step: @escaping (Int) -> Duration,
        prompt: @escaping (Int) -> Duration
    ) {
        self.slots = slots
        self.chunk = chunk
        self.hasPrompted = hasPrompted
        self.step = step
        self.prompt = prompt
    }

    /// - Parameters:
    ///   - made: texts that are made.
    ///   - waiting: those whose prompts are to be read, in the order in which they get places.
    /// - Returns: when each text is complete, by its number, in the order of completions.
    mutating func completions(made: [Text], waiting: [Text], now: Duration) -> [(id: UInt64, at: Duration)] {
        clock = now
        running = made.map { ($0.tokens, $0.rows, $0.id) }
        var rest = waiting[...]
        while true {
            let mayPrompt = rest.first.map { rows + $0.rows <= slots } ?? false
            if mayPrompt, running.isEmpty || !hasPrompted {
                if read(&rest[rest.startIndex]) { start(rest.removeFirst()) }
            } else if let end = running.map(\.end).min() {
                advance(by: mayPrompt ? 1 : end - steps)
            } else {
                return done
            }
        }
    }

    /// Reads a piece of a prompt; true for its last one.
    private mutating func read(_ text: inout Text) -> Bool {
        let count = min(chunk, text.prompt)
        clock += prompt(count)
        text.prompt -= count
        hasPrompted = true
        return text.prompt == 0
    }

    /// A prompt is read, which gives the first token.
    private mutating func start(_ text: Text) {
        if text.tokens > 1 {
            running.append((steps + text.tokens - 1, text.rows, text.id))
        } else {
            done.append((text.id, clock))
        }
    }

    private var rows: Int { running.reduce(0) { $0 + $1.rows } }

    private mutating func advance(by count: Int) {
        clock += step(rows) * Double(count)
        steps += count
        hasPrompted = false
        for text in running where text.end == steps { done.append((text.id, clock)) }
        running.removeAll { $0.end == steps }
    }
}
