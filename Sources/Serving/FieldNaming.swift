import Wire

/// Runs a read; an error says in which field.
func naming<Value>(
    _ field: @autoclosure () -> String,
    _ read: () throws(JSONError) -> Value
) throws(ServingError) -> Value {
    do throws(JSONError) { return try read() } catch { throw .badRequest("\(field()): \(error)") }
}

extension JSONReader {
    /// Steps into the object that comes next; false, stepping over it, for null, as some clients write no parameters.
    mutating func enterParameters() throws(JSONError) -> Bool {
        guard try peek() != .null else {
            try readNull()
            return false
        }
        try enterObject()
        return true
    }
}
