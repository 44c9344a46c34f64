/// A weight whose bytes lie in a file beside the model (ONNX, "External Data").
struct ExternalInitializer: Equatable {
    var name = ""
    /// ONNX's number of the element type.
    var type: Int32 = 0
    var shape: [Int64] = []
    /// The file, relative to the model's folder.
    var location = ""
    var offset = 0
    /// Bytes; nil where the file ends with it.
    var length: Int?
    private var isExternal = false

    /// Those of a model's graph, from the bytes of its file; what is no model has none.
    ///
    /// Steps over everything else (onnx.proto: ModelProto 7 graph, GraphProto 5 initializer, TensorProto 1 dims, 2 data_type, 8 name,
    /// 13 external_data, 14 data_location), so that weights that lie in the file itself are not touched.
    static func all(in model: UnsafeRawBufferPointer) -> [ExternalInitializer] {
        var found: [ExternalInitializer] = []
        ProtobufReader(model).forEach { field, value in
            guard field == 7, case .bytes(let graph) = value else { return }
            ProtobufReader(graph).forEach { field, value in
                guard field == 5, case .bytes(let tensor) = value else { return }
                let initializer = ExternalInitializer(tensor)
                if initializer.isExternal, !initializer.location.isEmpty { found.append(initializer) }
            }
        }
        return found
    }

    private init(_ tensor: UnsafeRawBufferPointer) {
        ProtobufReader(tensor).forEach { field, value in
            switch (field, value) {
            case (1, .number(let length)): shape.append(Int64(bitPattern: length))
            case (1, .bytes(let packed)):
                var reader = ProtobufReader(packed)
                while let length = reader.varint() { shape.append(Int64(bitPattern: length)) }
            case (2, .number(let number)): type = Int32(truncatingIfNeeded: number)
            case (8, .bytes(let text)): name = String(decoding: text, as: UTF8.self)
            case (13, .bytes(let entry)): read(entry)
            case (14, .number(let number)): isExternal = number == 1
            default: break
            }
        }
    }

    private mutating func read(_ entry: UnsafeRawBufferPointer) {
        var (key, text) = ("", "")
        ProtobufReader(entry).forEach { field, value in
            guard case .bytes(let bytes) = value else { return }
            if field == 1 { key = String(decoding: bytes, as: UTF8.self) }
            if field == 2 { text = String(decoding: bytes, as: UTF8.self) }
        }
        switch key {
        case "location": location = text
        case "offset": offset = Int(text) ?? -1
        case "length": length = Int(text) ?? -1
        default: break
        }
    }
}

/// The fields of a message in Protocol Buffers' wire format, one after the other; a malformed rest ends them.
struct ProtobufReader {
    enum Value {
        case number(UInt64)
        case bytes(UnsafeRawBufferPointer)
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func forEach(_ body: (_ field: Int, _ value: Value) -> Void) {
        var reader = self
        while let (field, value) = reader.next() { body(field, value) }
    }

    private mutating func next() -> (field: Int, value: Value)? {
        guard let tag = varint() else { return nil }
        let field = Int(truncatingIfNeeded: tag >> 3)
        switch tag & 7 {
        case 0: return varint().map { (field, .number($0)) }
        case 1: return take(8).map { (field, .bytes($0)) }
        case 2: return varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map { (field, .bytes($0)) }
        case 5: return take(4).map { (field, .bytes($0)) }
        default: return nil
        }
    }

    mutating func varint() -> UInt64? {
        var (value, shift) = (UInt64(0), UInt64(0))
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }

    private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= bytes.count - position else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }
}
