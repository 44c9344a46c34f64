import Wire

/// The fields that tell event shapes apart and those that the shapes need, gathered in one pass over an event.
///
/// Values that only some shape reads stay where they are; a field holds the offset at which its value begins.
struct EventFields {
    struct Context {
        var isLoadBalancer = false
        var method: JSONText?
        var path: JSONText?
        var stage: JSONText?
        var domain: JSONText?
    }

    var version: JSONText?
    var rawPath: JSONText?
    var rawQuery: JSONText?
    var method: JSONText?
    var path: JSONText?
    var hasResource = false
    var context: Context?
    var headers: Int?
    var multiValueHeaders: Int?
    var query: Int?
    var multiValueQuery: Int?
    var body: JSONText?
    var isBase64 = false
    var source: JSONText?
    var records: Int?
    var warm: Int?
    var hasInputs = false
    var modelName: JSONText?
    var modelVersion: JSONText?
    /// Why the model's name or version is none; ignoring it would ask the wrong model.
    var misnamed: JSONError?
    var keys: [JSONText] = []

    /// Whether these are API Gateway's payload format 1.0, which REST APIs do not name.
    var isVersionOne: Bool { hasResource || version.map { $0 == "1.0" } ?? false }

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            if keys.count < 16 { keys.append(key) }
            switch key {
            case "version": version = try reader.stringOrNil()
            case "rawPath": rawPath = try reader.stringOrNil()
            case "rawQueryString": rawQuery = try reader.stringOrNil()
            case "httpMethod": method = try reader.stringOrNil()
            case "path": path = try reader.stringOrNil()
            case "body": body = try reader.stringOrNil()
            case "source": source = try reader.stringOrNil()
            case "model_name": modelName = try name("model_name", &reader)
            case "model_version": modelVersion = try name("model_version", &reader)
            case "isBase64Encoded": isBase64 = try reader.boolOrFalse()
            case "requestContext": context = try Context(&reader)
            case "headers": headers = try reader.offsetOfValue(.object)
            case "multiValueHeaders": multiValueHeaders = try reader.offsetOfValue(.object)
            case "queryStringParameters": query = try reader.offsetOfValue(.object)
            case "multiValueQueryStringParameters": multiValueQuery = try reader.offsetOfValue(.object)
            case "Records": records = try reader.offsetOfValue(.array)
            case "warm": warm = try reader.offsetOfValue(.object)
            case "resource":
                hasResource = true
                try reader.skipValue()
            case "inputs":
                hasInputs = true
                try reader.skipValue()
            default: try reader.skipValue()
            }
        }
        try reader.finish()
    }

    private mutating func name(_ key: String, _ reader: inout JSONReader) throws(JSONError) -> JSONText? {
        let kind = try reader.peek()
        if kind != .string, kind != .null {
            misnamed = JSONError("\(key) must be a string, found \(kind.rawValue)", at: reader.position)
        }
        return try reader.stringOrNil()
    }
}

extension EventFields.Context {
    fileprivate init?(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.peek() == .object else {
            try reader.skipValue()
            return nil
        }
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "elb":
                isLoadBalancer = true
                try reader.skipValue()
            case "stage": stage = try reader.stringOrNil()
            case "domainName": domain = try reader.stringOrNil()
            case "http" where try reader.peek() == .object: try readHTTP(&reader)
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readHTTP(_ reader: inout JSONReader) throws(JSONError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "method": method = try reader.stringOrNil()
            case "path": path = try reader.stringOrNil()
            default: try reader.skipValue()
            }
        }
    }
}

extension JSONReader {
    /// The string that comes next; nil, stepping over it, for any other value.
    mutating func stringOrNil() throws(JSONError) -> JSONText? {
        guard try peek() == .string else {
            try skipValue()
            return nil
        }
        return try readString()
    }

    fileprivate mutating func boolOrFalse() throws(JSONError) -> Bool {
        guard try peek() == .bool else {
            try skipValue()
            return false
        }
        return try readBool()
    }

    /// Where the value that comes next begins, stepping over it; nil when it is of another kind.
    fileprivate mutating func offsetOfValue(_ kind: Kind) throws(JSONError) -> Int? {
        let isWanted = try peek() == kind
        let offset = position
        try skipValue()
        return isWanted ? offset : nil
    }
}
