import ONNX

/// The states of the texts that a model makes: rows of each state tensor, one after the other, without gaps.
///
/// Each state that is renewed has two buffers: a step reads one and writes the other, so nothing is copied. Only a text that joins and
/// one that fills the place of another move, by one row. It belongs to one thread.
final class GenerationMemory {
    private let model: GenerationModel
    private let slots: Int
    /// By state: two buffers of rows, or one for what is constant.
    private let tables: [[UnsafeMutableRawBufferPointer]]
    /// By state: the same for the text whose prompt is being read.
    private let prompts: [[UnsafeMutableRawBufferPointer]]
    private let tokens: UnsafeMutableBufferPointer<Int64>
    private let logits: UnsafeMutableBufferPointer<Float>
    private let outputs: [Int]
    /// Which of two buffers holds the states now.
    private var side = 0
    private var promptSide = 0
    /// Texts in it.
    private(set) var count = 0

    /// - Parameter promptMax: tokens that are read at once.
    init(_ model: GenerationModel, slots: Int, promptMax: Int) {
        self.model = model
        self.slots = slots
        func buffers(_ rows: Int) -> [[UnsafeMutableRawBufferPointer]] {
            model.states.map { state in
                (0..<(state.output == nil ? 1 : 2)).map { _ in
                    .allocate(byteCount: max(1, rows * state.rowSize), alignment: 64)
                }
            }
        }
        tables = buffers(slots)
        prompts = buffers(1)
        tokens = .allocate(capacity: max(slots, promptMax, model.configuration.start.count))
        logits = .allocate(capacity: slots * model.vocabularySize)
        outputs = [model.logitsOutput] + model.states.compactMap(\.output)
    }

    deinit {
        for buffer in (tables + prompts).joined() { buffer.deallocate() }
        tokens.deallocate()
        logits.deallocate()
    }

    // MARK: Rows

    /// The text whose prompt was read takes so many next rows.
    func append(rows: Int = 1) {
        precondition(count + rows <= slots, "no row is left")
        for (index, state) in model.states.enumerated() {
            let (source, target) = (current(prompts, index, promptSide), current(tables, index, side))
            for row in count..<(count + rows) { Self.copy(source, 0, to: target, row, state.rowSize) }
        }
        count += rows
    }

    /// A row is left, and the last one fills it.
    func vacate(row: Int, last: Int) {
        precondition(last == count - 1 && row <= last, "row \(row) of \(count)")
        count -= 1
        guard row != last else { return }
        for (index, state) in model.states.enumerated() {
            let table = current(tables, index, side)
            Self.copy(table, last, to: table, row, state.rowSize)
        }
    }

    /// Rows of one text go on with the states of others of its rows, in pairs.
    ///
    /// What is constant during a text is the same in all of its rows, and stays.
    func reorder(_ rows: [Int], from sources: [Int]) {
        guard rows != sources else { return }
        for (index, state) in model.states.enumerated() where state.output != nil {
            let size = state.rowSize
            // By way of the buffer that the next step writes: a row may be gone before all who need it have it.
            let (current, spare) = (tables[index][side], tables[index][1 - side])
            for (row, source) in zip(rows, sources) {
                Self.copy(current, source, to: spare, row, size)
            }
            for row in rows { Self.copy(spare, row, to: current, row, size) }
        }
    }

    private static func copy(
        _ source: UnsafeMutableRawBufferPointer,
        _ from: Int,
        to target: UnsafeMutableRawBufferPointer,
        _ row: Int,
        _ size: Int
    ) {
        UnsafeMutableRawBufferPointer(rebasing: target[(row * size)..<((row + 1) * size)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[(from * size)..<((from + 1) * size)]))
    }

    /// The buffer that holds a state now.
    private func current(
        _ buffers: [[UnsafeMutableRawBufferPointer]],
        _ index: Int,
        _ side: Int
    ) -> UnsafeMutableRawBufferPointer {
        buffers[index][model.states[index].output == nil ? 0 : side]
    }

    // MARK: Runs

    /// Reads tokens of a prompt, the first ones of a text with `isFirst`.
    ///
    /// - Returns: logits [V] after the last of them, until the next run.
    func read(_ prompt: ArraySlice<Int>, isFirst: Bool) throws(ONNXError) -> UnsafeBufferPointer<Float> {
        var prompt = prompt
        if isFirst {
            try begin(prompt)
            if model.encoder != nil { prompt = model.configuration.start[...] }
        }
        for (place, token) in prompt.enumerated() { tokens[place] = Int64(token) }
        try run(prompts, side: promptSide, rows: 1, length: prompt.count)
        promptSide = 1 - promptSide
        return UnsafeBufferPointer(rebasing: logits[..<model.vocabularySize])
    }

    /// Makes a step: the last token of each text in, in the order of rows, logits out.
    ///
    /// - Returns: logits [count, V], until the next run.
    func step(_ last: [Int]) throws(ONNXError) -> UnsafeBufferPointer<Float> {
        precondition(last.count == count, "\(last.count) tokens for \(count) texts")
        for (row, token) in last.enumerated() { tokens[row] = Int64(token) }
        try run(tables, side: side, rows: count, length: 1)
        side = 1 - side
        return UnsafeBufferPointer(rebasing: logits[..<(count * model.vocabularySize)])
    }

    /// Puts first values into the states of the text whose prompt comes.
    private func begin(_ source: ArraySlice<Int>) throws(ONNXError) {
        for buffer in prompts.joined() { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
        guard let encoder = model.encoder else { return }
        let numbers = source.map { Int64($0) }
        let first = model.states.compactMap(\.first)
        let tensors = try encoder.run(
            [Tensor(.int64, shape: [1, numbers.count], numbers: numbers)],
            outputs: first
        )
        let states = model.states.indices.filter { model.states[$0].first != nil }
        for (index, tensor) in zip(states, tensors) {
            let state = model.states[index]
            guard case .raw(let bytes) = tensor.elements, bytes.count == state.rowSize else {
                throw .unsupported(
                    model: model.configuration.encoder ?? "",
                    tensor: state.name,
                    what: "of shape \(tensor.shape), not [1] and \(state.shape)"
                )
            }
            let target = current(prompts, index, promptSide)
            bytes.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    private func run(
        _ buffers: [[UnsafeMutableRawBufferPointer]],
        side: Int,
        rows: Int,
        length: Int
    ) throws(ONNXError) {
        let (session, vocabulary) = (model.session, model.vocabularySize)
        var inputs: [TensorMemory?] = Array(repeating: nil, count: session.inputs.count)
        inputs[model.tokenInput] = TensorMemory(
            .int64,
            shape: [rows, length],
            UnsafeMutableRawBufferPointer(tokens)
        )
        var targets = [TensorMemory(.fp32, shape: [rows, vocabulary], UnsafeMutableRawBufferPointer(logits))]
        for (index, state) in model.states.enumerated() {
            let shape = [rows] + state.shape
            inputs[state.input] = TensorMemory(state.type, shape: shape, current(buffers, index, side))
            if state.output != nil {
                targets.append(TensorMemory(state.type, shape: shape, buffers[index][1 - side]))
            }
        }
        try session.run(inputs.compactMap { $0 }, into: targets, outputs: outputs)
    }
}
