/// Comma-separated values (RFC 4180), as far as price lists need them: quoted fields, no line breaks in them.
enum CSV {
    struct Line {
        let number: Int
        let fields: [String]
    }

    /// Lines that are not empty.
    static func lines(_ text: String) -> [Line] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .filter { !$1.isEmpty }
            .map { Line(number: $0 + 1, fields: fields($1)) }
    }

    private static func fields(_ line: Substring) -> [String] {
        var (fields, field, isQuoted) = ([String](), "", false)
        var rest = line[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                rest.removeFirst()
                field.append("\"")
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                fields.append(field)
                field = ""
            default: field.append(character)
            }
        }
        return fields + [field]
    }
}
