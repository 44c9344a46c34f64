import Wire

/// A name that is none of those that are known.
enum UnknownName {
    static func message(_ what: String, _ name: String, known: [String], option: String) -> String {
        let nearest = EditDistance.nearest(to: name, in: known)
        return "\(option): there is no \(what) '\(name)'"
            + (nearest.map { "; did you mean '\($0)'?" } ?? "; known are \(known.joined(separator: ", "))")
    }
}
