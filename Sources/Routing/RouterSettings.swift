package import AWS
package import Fleet

/// What the function's `MARK_*` variables say of the router role, checked once; all are required.
///
/// | Variable | Meaning |
/// |---|---|
/// | `MARK_TABLE` | the stack's table, which holds the registry and the token |
/// | `MARK_STACK` | the stack's name, the dimension of its metrics |
/// | `MARK_FUNCTION` | the inference function: a name or an ARN, with a version or an alias behind a colon if any |
/// | `MARK_SLO_MS` | the objective of a request in milliseconds |
package struct RouterSettings: Equatable, Sendable {
    package let table: FleetTable
    package let stack: String
    package let function: Lambda.Function
    package let slo: Duration

    package static let names = ["MARK_TABLE", "MARK_STACK", "MARK_FUNCTION", "MARK_SLO_MS"]

    /// API Gateway gives up after 30 seconds.
    private static let sloBounds = 10.0...29_000

    package init(table: FleetTable, stack: String, function: Lambda.Function, slo: Duration) {
        (self.table, self.stack, self.function, self.slo) = (table, stack, function, slo)
    }

    package init(_ variables: [String: String]) throws(InvalidSetting) {
        let reader = SettingsReader(variables)
        table = FleetTable(try reader.required("MARK_TABLE", "the stack's table"))
        stack = try reader.required("MARK_STACK", "the stack, for its metrics")
        function = try reader.function("MARK_FUNCTION", "the inference function, to which requests spill")
        guard let slo = try reader.number("MARK_SLO_MS", Self.sloBounds) else {
            throw .missing("MARK_SLO_MS", "the objective of a request in milliseconds")
        }
        self.slo = .milliseconds(slo)
    }
}
