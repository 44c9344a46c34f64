/// The two files that AWS's tools share, `~/.aws/credentials` and `~/.aws/config` (AWS SDKs and Tools Reference, "Shared config and
/// credentials files").
package struct ProfileFiles: Equatable, Sendable {
    /// `name = value` lines by section; nested lines under `name =` are `name.key`.
    package typealias Section = [String: String]

    private var profiles: [String: Section] = [:]
    private var services: [String: Section] = [:]

    /// - Parameters:
    ///   - credentials: The text of the credentials file, whose sections are `[name]`; nil where there is none.
    ///   - config: The text of the config file, whose sections are `[default]`, `[profile name]` and `[services name]`.
    package init(credentials: String?, config: String?) {
        for (title, section) in Self.sections(of: config ?? "") {
            let words = title.split(separator: " ").map(String.init)
            switch (words.first, words.count) {
            case ("default", 1): merge(section, into: &profiles["default", default: [:]])
            case ("profile", 2): merge(section, into: &profiles[words[1], default: [:]])
            case ("services", 2): merge(section, into: &services[words[1], default: [:]])
            default: break
            }
        }
        // What both files say is taken from the credentials file.
        for (title, section) in Self.sections(of: credentials ?? "") {
            merge(section, into: &profiles[title, default: [:]])
        }
    }

    package func profile(_ name: String) -> Section? { profiles[name] }

    /// The names of all profiles, in order.
    package var names: [String] { profiles.keys.sorted() }

    /// The endpoint that a profile sets for a service, or for all.
    func endpoint(for service: Service, in profile: String) -> String? {
        let own = profiles[profile]?["services"].flatMap { services[$0] }
        return own?["\(service.endpointVariable.lowercased()).endpoint_url"]
            ?? profiles[profile]?["endpoint_url"]
    }

    private func merge(_ section: Section, into other: inout Section) { other.merge(section) { $1 } }

    private static func sections(of text: String) -> [(title: String, lines: Section)] {
        var sections: [(title: String, lines: Section)] = []
        var parent = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let content = line.trimmed
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[", let end = content.firstIndex(of: "]") {
                sections.append(
                    (content[content.index(after: content.startIndex)..<end].trimmed.collapsed, [:])
                )
                continue
            }
            guard !sections.isEmpty, let equals = content.firstIndex(of: "=") else { continue }
            let key = content[..<equals].trimmed.lowercased()
            // A blank before `#` begins a comment.
            let value = content[content.index(after: equals)...].withoutComment.trimmed
            if line.first?.isWhitespace == true {
                sections[sections.count - 1].lines["\(parent).\(key)"] = String(value)
            } else {
                parent = key
                sections[sections.count - 1].lines[key] = String(value)
            }
        }
        return sections
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    fileprivate var collapsed: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    fileprivate var withoutComment: Substring {
        [" #", " ;"].compactMap { firstRange(of: $0)?.lowerBound }.min().map { self[..<$0] } ?? self
    }
}
