/// A path below `/v2/models/NAME[/versions/VERSION]`.
struct ModelPath {
    let name: String
    /// Nil for a path that names none.
    let version: String?
    /// What follows.
    let rest: ArraySlice<String?>

    /// Nil for a path that is none of a model's, or names it or its version by what is no text.
    init?(_ segments: [String?]) {
        guard segments.count > 2, segments[0] == "v2", segments[1] == "models", let name = segments[2] else {
            return nil
        }
        self.name = name
        let rest = segments[3...]
        guard rest.count > 1, rest.first == "versions" else {
            (version, self.rest) = (nil, rest)
            return
        }
        guard let version = segments[4] else { return nil }
        (self.version, self.rest) = (version, rest.dropFirst(2))
    }
}
