import Wire

/// What a model's cache of predictions may hold, for each of its versions: `cache` in its `config.json`; without it none are kept.
///
/// ```json
/// {"cache": {"entries_max": 10000, "bytes_max": 67108864}}
/// ```
package struct PredictionCacheLimits: Equatable, Sendable {
    package var entries: Int
    /// Of inputs, outputs and what keeping them takes.
    package var bytes: Int

    package init(entries: Int = entriesDefault, bytes: Int = bytesDefault) {
        self.entries = entries
        self.bytes = bytes
    }

    package static let entriesDefault = 65_536
    package static let bytesDefault = 64 << 20

    init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        let members = try ConfigurationMembers(json, ["entries_max", "bytes_max"], at: path)
        let entries = try members.integer("entries_max", 1...10_000_000)
        let bytes = try members.integer("bytes_max", 1...(1 << 40))
        guard entries != nil || bytes != nil else {
            throw .expected("\"entries_max\", \"bytes_max\" or both", at: path)
        }
        self.init(entries: entries ?? Self.entriesDefault, bytes: bytes ?? Self.bytesDefault)
    }
}
