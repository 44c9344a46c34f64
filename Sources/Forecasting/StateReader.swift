/// Reads what a `StateWriter` wrote; nothing that it is given makes it trap or allocate more than it was given.
struct StateReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws -> UInt8 {
        guard position < bytes.count else { throw InvalidForecasterState("it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.count - position >= size else { throw InvalidForecasterState("it ends too early") }
        defer { position += size }
        return bytes.withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
        }
    }

    mutating func count() throws -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 56, by: 7) {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return Int(value) }
        }
        throw InvalidForecasterState("a number is too large")
    }

    mutating func integer() throws -> Int {
        let value = try count()
        return value % 2 == 0 ? value / 2 : -(value / 2) - 1
    }

    mutating func half() throws -> Float {
        let value = Float(Float16(bitPattern: try fixed(UInt16.self)))
        guard !value.isNaN else { throw InvalidForecasterState("a number is not one") }
        return value
    }

    mutating func float() throws -> Float {
        let value = Float(bitPattern: try fixed(UInt32.self))
        guard value.isFinite else { throw InvalidForecasterState("a number is not finite") }
        return value
    }

    mutating func double() throws -> Double {
        let value = Double(bitPattern: try fixed(UInt64.self))
        guard value.isFinite else { throw InvalidForecasterState("a number is not finite") }
        return value
    }

    mutating func optional<Value>(_ read: (inout StateReader) throws -> Value) throws -> Value? {
        try byte() == 0 ? nil : try read(&self)
    }

    /// - Parameter expected: how many there have to be; nil when any number will do.
    mutating func list<Value>(
        _ expected: Int? = nil,
        _ read: (inout StateReader) throws -> Value
    ) throws -> [Value] {
        let count = try count()
        guard expected == nil || count == expected else {
            throw InvalidForecasterState("a list has \(count) members, not \(expected ?? 0)")
        }
        guard count <= bytes.count - position else { throw InvalidForecasterState("it ends too early") }
        var values: [Value] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    mutating func floats(_ expected: Int? = nil) throws -> [Float] { try list(expected) { try $0.float() } }
    mutating func doubles(_ expected: Int? = nil) throws -> [Double] {
        try list(expected) { try $0.double() }
    }
}
