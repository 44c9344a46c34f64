import Glibc

/// The files that optimising a model leaves: the model and its weights, under temporary names until all has gone
/// well.
struct ModelFiles {
    let model: String
    let target: String
    /// The model as it is written first.
    let written: String
    /// Name of the weights file, which the model carries in itself.
    let weightsName: String

    private let folder: String

    init(model: String, target: String) throws {
        self.model = model
        self.target = target
        let name = target.split(separator: "/").last.map(String.init) ?? target
        folder = target.count > name.count ? String(target.dropLast(name.count)) : "./"
        guard access(folder, W_OK) == 0 else { throw CommandFailure("cannot write to \(folder)") }
        // The number keeps a mapped older file apart from the new one.
        weightsName = "\(name).\(getpid()).weights"
        written = "\(folder)\(name).\(getpid()).onnx"
    }

    /// Path of the weights; nil when all were small enough to stay in the model.
    var weights: String? { access(folder + weightsName, R_OK) == 0 ? folder + weightsName : nil }

    /// Appends the hint and puts the model in its place.
    func finish(hint: [UInt8], replace: Bool) throws {
        guard let file = fopen(written, "ae") else { throw CommandFailure("cannot write to \(written)") }
        let count = fwrite(hint, 1, hint.count, file)
        guard fclose(file) == 0, count == hint.count else {
            throw CommandFailure("cannot write to \(written)")
        }
        if replace { try move(model, to: model + ".original") }
        try move(written, to: target)
    }

    private func move(_ source: String, to target: String) throws {
        guard rename(source, target) == 0 else {
            throw CommandFailure("cannot rename \(source) to \(target): \(String(cString: strerror(errno)))")
        }
    }
}
