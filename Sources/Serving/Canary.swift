import Wire

/// One version that gets a share of the requests that name none: `canary` in a model's `config.json`.
///
/// ```json
/// {"canary": {"version": "2", "percent": 10}}
/// ```
/// The other requests go to the highest version beside it. Who raises the share moves nobody back: what went to the canary at 10 % goes
/// there at 20 %.
package struct Canary: Equatable, Sendable {
    package let version: String
    /// From 0 to 100.
    package let percent: Double

    package init(version: String, percent: Double) {
        self.version = version
        self.percent = percent
    }

    init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        _ = try ConfigurationMembers(json, ["version", "percent"], at: path)
        let name = json["version"]?.stringValue ?? json["version"]?.intValue.map { String($0) }
        guard let version = name, Int(version) != nil, version.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .expected("a version, such as \"2\"", at: "\(path).version") }
        guard let percent = json["percent"]?.doubleValue, (0...100).contains(percent) else {
            throw .expected("a number from 0 to 100", at: "\(path).percent")
        }
        self.init(version: version, percent: percent)
    }

    /// Whether a request goes to the canary; tickets that are spread evenly are taken by the share.
    package func takes(_ ticket: UInt64) -> Bool {
        // 53 bits are what a Double holds exactly: the share of 10 % is the tickets below 0.1.
        Double(ticket >> 11) / Double(1 << 53) < percent / 100
    }

    /// The ticket of a request by its id: the same id always gets the same (FNV-1a, then mixed as in MurmurHash3, as similar ids
    /// differ in the lowest bits of the first alone).
    package static func ticket(id: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }

    /// The ticket of the n-th request without an id.
    ///
    /// Multiples of the golden ratio leave no gap: of any 100 requests one after the other, 10 % are 9 to 11.
    package static func ticket(number: UInt64) -> UInt64 { number &* 0x9e37_79b9_7f4a_7c15 }
}
