import CONNXRuntime
import Synchronization

/// A file of weights that any number of models use, in memory once (PRETZEL, OSDI'18, section 4.1.3, shares what operators hold likewise).
///
/// Two things are shared: the pages of the file, and what the library makes of weights for faster runs ("prepacking"), which are copies
/// that would otherwise be made for each model. Ends with the last session that uses it.
final class SharedWeights: Sendable {
    let file: MappedFile
    // The library guards it with a lock of its own.
    nonisolated(unsafe) let prepacked: OpaquePointer
    private let api: Release

    /// The one function that the end needs.
    private struct Release: Sendable {
        nonisolated(unsafe) let api: CONNXRuntime
    }

    fileprivate init(_ file: MappedFile, api: CONNXRuntime) throws(ONNXError) {
        self.file = file
        self.api = Release(api: api)
        prepacked = try StatusCheck(api: api).made("making room for prepacked weights") {
            api.CreatePrepackedWeightsContainer(&$0)
        }
    }

    deinit { api.api.ReleasePrepackedWeightsContainer(prepacked) }
}

/// The files of weights that sessions of this process use.
final class WeightFiles: Sendable {
    private struct Entry {
        weak var weights: SharedWeights?
    }

    private let entries = Mutex<[Entry]>([])

    /// A file of weights: one that is in use already when it is the same or holds the same bytes.
    ///
    /// Bytes are compared only among files of the same size, at some 5 GB a second.
    /// - Returns: nil for a file that cannot be mapped; the library says why when it tries.
    func weights(_ path: String, api: CONNXRuntime) throws(ONNXError) -> SharedWeights? {
        guard let file = MappedFile(path) else { return nil }
        return try entries.withLock { entries throws(ONNXError) in
            entries.removeAll { $0.weights == nil }
            let used = entries.compactMap(\.weights)
            if let same = used.first(where: { $0.file.isSameFile(as: file) })
                ?? used.first(where: { $0.file.hasSameBytes(as: file) })
            {
                return same
            }
            let weights = try SharedWeights(file, api: api)
            entries.append(Entry(weights: weights))
            return weights
        }
    }
}
