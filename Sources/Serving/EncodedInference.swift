package import Pictures

/// A request whose pictures are still to be decoded, which takes long: on a thread that nobody waits for.
package struct EncodedInference: Sendable {
    /// Its picture input is empty yet.
    private let inference: PreparedInference
    private let input: PictureInput
    private let pictures: [EncodedPicture]

    /// What decoding costs: the pixels of all pictures.
    package var pixels: Int { pictures.reduce(0) { $0 + $1.header.pixels } }
    package var model: Model { inference.model }
    var requestID: String? { inference.request.id }

    init(_ inference: PreparedInference, _ input: PictureInput) throws(ServingError) {
        self.input = input
        pictures = try input.check(inference.request.inputs[input.index])
        self.inference = inference
    }

    /// The request with the pictures as the model's input.
    package func decoded(by decoder: PictureDecoder) throws(ServingError) -> PreparedInference {
        var inference = inference
        inference.request.inputs[input.index] = try input.tensor(pictures, decoder)
        return inference
    }
}
