/// A number type that tensors are made of.
package protocol JSONNumber: BitwiseCopyable {
    static func read(from reader: inout JSONReader) throws(JSONError) -> Self
}

extension Float: JSONNumber {
    @inline(__always)
    package static func read(from reader: inout JSONReader) throws(JSONError) -> Float {
        try reader.readFloat()
    }
}

extension Double: JSONNumber {
    @inline(__always)
    package static func read(from reader: inout JSONReader) throws(JSONError) -> Double {
        try reader.readDouble()
    }
}

extension JSONNumber where Self: FixedWidthInteger {
    @inline(__always)
    package static func read(from reader: inout JSONReader) throws(JSONError) -> Self {
        try reader.readInteger()
    }
}

extension Int8: JSONNumber {}
extension Int16: JSONNumber {}
extension Int32: JSONNumber {}
extension Int64: JSONNumber {}
extension UInt8: JSONNumber {}
extension UInt16: JSONNumber {}
extension UInt32: JSONNumber {}
extension UInt64: JSONNumber {}

/// Tensors: the inner loop that reads megabytes, straight into the tensor's memory.
extension JSONReader {
    /// Reads an array of numbers into `target` from `count` on, and moves `count` past them.
    ///
    /// Stops with an error at the first element that finds no room, so a text that lies about its length costs no memory.
    package mutating func readNumbers<Number: JSONNumber>(
        into target: UnsafeMutableBufferPointer<Number>,
        count: inout Int
    ) throws(JSONError) {
        try enterArray()
        while try nextElement() {
            guard count < target.count else {
                throw JSONError("more than the \(target.count) elements that the shape holds", at: position)
            }
            target[count] = try Number.read(from: &self)
            count += 1
        }
    }
}
