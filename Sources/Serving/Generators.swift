import Synchronization

/// The generators of a repository's models, each made when its model is first asked for a text.
package final class Generators: Sendable {
    private struct Entry {
        // Also keeps the model's identity from being used again.
        let model: Model
        let generator: Generator
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())
    private let make: @Sendable (Model) throws(ServingError) -> Generator

    /// - Parameter make: called when a version of a model is first asked for.
    package init(make: @escaping @Sendable (Model) throws(ServingError) -> Generator) { self.make = make }

    package func generator(for model: Model) throws(ServingError) -> Generator {
        let key = ObjectIdentifier(model)
        if let generator = existing(for: model) { return generator }
        // Making one measures, for which those who want other models must not wait.
        let made = try make(model)
        let (kept, isDraining) = state.withLock { state in
            let entry = state.entries[key] ?? Entry(model: model, generator: made)
            state.entries[key] = entry
            return (entry.generator, state.isDraining)
        }
        // Someone else was quicker, or the end has come.
        if kept !== made || isDraining { made.drain() }
        return kept
    }

    /// The generator that a model has already.
    package func existing(for model: Model) -> Generator? {
        state.withLock { $0.entries[ObjectIdentifier(model)]?.generator }
    }

    /// Drops the generators of models that are not served any more; what they have admitted is still made.
    package func keep(_ models: [Model]) {
        let kept = Set(models.map { ObjectIdentifier($0) })
        let dropped = state.withLock { state in
            let dropped = state.entries.filter { !kept.contains($0.key) }
            for key in dropped.keys { state.entries[key] = nil }
            return dropped.values.map(\.generator)
        }
        for generator in dropped { generator.drain() }
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
    package var isIdle: Bool { all.allSatisfy { $0.generator.isIdle } }

    /// All there are, by name and version of their models.
    package var all: [(model: Model, generator: Generator)] {
        state.withLock { $0.entries.values.map { ($0.model, $0.generator) } }
            .sorted { ($0.model.name, $0.model.version) < ($1.model.name, $1.model.version) }
    }
}
