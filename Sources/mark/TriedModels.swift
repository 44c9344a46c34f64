import LocalCloud
import Serving

/// The models of a repository, with what the dashboard lets one try of each.
enum TriedModels {
    /// In the order of their names; one that cannot be read takes nothing.
    static func read(_ folder: String) -> [TriedModel] {
        ModelRepository.folders(in: folder).map { name in
            let configuration = (try? ModelRepository.configuration(of: name, in: folder))?.configuration
            return TriedModel(name: name, takes: configuration.map(inputs) ?? [])
        }
    }

    /// A model of ten digits is taken for one of handwriting, a text model with an encoder for one that translates.
    private static func inputs(_ configuration: ModelConfiguration) -> [TriedModel.Input] {
        if let generation = configuration.generation {
            return [generation.encoder == nil ? .text : .translation]
        }
        let digits = (0..<10).map { String($0) }
        let isOfDigits = configuration.labels.values.contains(digits)
        return (isOfDigits ? [.drawing] : []) + (configuration.preprocess == nil ? [] : [.picture])
    }
}
