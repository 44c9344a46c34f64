import Wire

/// Parameters as EC2 takes them: nested names joined with dots, lists numbered from 1.
enum QueryForm {
    /// `["Filter": [["Name": "tag:x", "Value": ["y"]]]]` becomes `Filter.1.Name=tag:x`, `Filter.1.Value.1=y`.
    static func pairs(of parameters: JSON, under prefix: String = "") -> [(name: String, value: String)] {
        func name(_ part: String) -> String { prefix.isEmpty ? part : prefix + "." + part }
        return switch parameters {
        case .null: []
        case .bool(let value): [(prefix, value ? "true" : "false")]
        case .integer(let value): [(prefix, String(value))]
        case .double(let value): [(prefix, String(value))]
        case .string(let value): [(prefix, value)]
        case .array(let elements):
            elements.enumerated().flatMap { pairs(of: $1, under: name(String($0 + 1))) }
        case .object(let members): members.flatMap { pairs(of: $0.value, under: name($0.key)) }
        }
    }
}
