/// Writes a state as bytes, little endian; counts as LEB128.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func fixed<Number: FixedWidthInteger>(_ value: Number) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func count(_ value: Int) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            byte(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        byte(UInt8(rest))
    }

    /// Small numbers of either sign in few bytes.
    mutating func integer(_ value: Int) { count(value >= 0 ? 2 * value : -2 * value - 1) }

    mutating func half(_ value: Float) { fixed(Float16(value).bitPattern) }
    mutating func float(_ value: Float) { fixed(value.bitPattern) }
    mutating func double(_ value: Double) { fixed(value.bitPattern) }

    mutating func optional<Value>(_ value: Value?, _ write: (inout StateWriter, Value) -> Void) {
        byte(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }

    mutating func list<Values: Collection>(
        _ values: Values,
        _ write: (inout StateWriter, Values.Element) -> Void
    ) {
        count(values.count)
        for value in values { write(&self, value) }
    }

    mutating func floats(_ values: [Float]) { list(values) { $0.float($1) } }
    mutating func doubles(_ values: [Double]) { list(values) { $0.double($1) } }
}
