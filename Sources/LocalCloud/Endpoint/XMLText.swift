import Wire

/// Trees written as EC2's XML: members are elements, those of a list are named `item`, null is left out.
enum XMLText {
    static func document(_ root: String, namespace: String?, _ content: [JSON.Member]) -> [UInt8] {
        var text = #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n<\(root)"
        if let namespace { text += #" xmlns="\#(namespace)""# }
        text += ">"
        for member in content { append(member.key, member.value, to: &text) }
        return Array((text + "</\(root)>").utf8)
    }

    private static func append(_ name: String, _ value: JSON, to text: inout String) {
        if value == .null { return }
        text += "<\(name)>"
        switch value {
        case .null: break
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .double(let value): text += String(value)
        case .string(let value): text += escaped(value)
        case .array(let elements): for element in elements { append("item", element, to: &text) }
        case .object(let members): for member in members { append(member.key, member.value, to: &text) }
        }
        text += "</\(name)>"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            // What XML 1.0 has no way to say (section 2.2).
            case _ where scalar.value < 0x20 && !"\t\n\r".unicodeScalars.contains(scalar):
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
