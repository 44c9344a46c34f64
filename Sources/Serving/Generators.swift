import Synchronization

/// The generators of a repository's models, each made when its model is first asked for a text.
package final class Generators: Sendable {
    private struct Entry {
        /// Nil for a version that is not served any more: its last requests alone hold it.
        var model: Model?
        weak var last: Model?
        let generator: Generator

        init(_ model: Model, _ generator: Generator) {
            self.model = model
            last = model
            self.generator = generator
        }
    }

    private struct State {
        /// By the versions' numbers.
        var entries: [UInt64: Entry] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let make: @Sendable (Model) throws(ServingError) -> Generator

    /// - Parameter make: called when a version of a model is first asked for.
    package init(make: @escaping @Sendable (Model) throws(ServingError) -> Generator) { self.make = make }

    package func generator(for model: Model) throws(ServingError) -> Generator {
        if let generator = existing(for: model) { return generator }
        // Making one measures, for which those who want other models must not wait.
        let made = try make(model)
        let (kept, isDraining) = state.withLock { state in
            let entry = state.entries[model.number] ?? Entry(model, made)
            state.entries[model.number] = entry
            return (entry.generator, state.isDraining)
        }
        // Someone else was quicker, or the end has come.
        if kept !== made || isDraining { made.drain() }
        return kept
    }

    /// The generator that a model has already.
    package func existing(for model: Model) -> Generator? {
        state.withLock { $0.entries[model.number]?.generator }
    }

    /// Lets go of versions that are not served any more: each goes on until the last request that was given to it has its text, then its
    /// generator ends.
    package func keep(_ models: [Model]) {
        let kept = Set(models.map(\.number))
        let dropped = state.withLock { state in
            let dropped = state.entries.filter { !kept.contains($0.key) }.compactMap(\.value.model)
            for model in dropped { state.entries[model.number]?.model = nil }
            return dropped
        }
        for model in dropped { model.whenUnused { [self, number = model.number] in end(number) } }
    }

    private func end(_ number: UInt64) {
        state.withLock { $0.entries.removeValue(forKey: number) }?.generator.drain()
    }

    /// Takes no new work from here on.
    package func drain() {
        let generators = state.withLock { state in
            state.isDraining = true
            return state.entries.values.map(\.generator)
        }
        for generator in generators { generator.drain() }
    }

    /// Whether nothing waits or runs.
    package var isIdle: Bool {
        state.withLock { $0.entries.values.map(\.generator) }.allSatisfy(\.isIdle)
    }

    /// All there are, by name and version of their models.
    package var all: [(model: Model, generator: Generator)] {
        state.withLock { $0.entries.values.compactMap { entry in entry.last.map { ($0, entry.generator) } } }
            .sorted { ($0.model.name, $0.model.version) < ($1.model.name, $1.model.version) }
    }
}
