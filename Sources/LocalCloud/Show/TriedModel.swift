import Wire

/// A model of the stack, with what the page may let somebody give to it by hand.
package struct TriedModel: Equatable, Sendable {
    package enum Input: String, Sendable {
        /// A digit drawn with the mouse.
        case drawing
        /// A file of a picture.
        case picture
        /// A text that the model goes on with.
        case text
        /// A text that the model translates.
        case translation
    }

    package let name: String
    package let takes: [Input]

    package init(name: String, takes: [Input]) { (self.name, self.takes) = (name, takes) }

    var json: JSON { ["name": .string(name), "takes": .array(takes.map { .string($0.rawValue) })] }
}
