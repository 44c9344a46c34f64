/// The generators of a repository's models that make texts.
package typealias Generators = ModelWorkers<Generator>

extension Generator: ModelWorker {}
