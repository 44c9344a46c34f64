import Wire

extension Event {
    /// Reads an event in one pass; which of the known shapes it has is told by the keys that only that shape has.
    package init(parsing event: [UInt8]) throws(InvalidEvent) {
        self = try event.reading { reader throws(InvalidEvent) in
            let fields: EventFields
            do throws(JSONError) {
                fields = try EventFields(&reader)
            } catch {
                throw .notJSON(error)
            }
            return try EventParser(event: event, fields: fields).parse()
        }
    }
}

/// Makes an event out of its fields, while the bytes that these point to are pinned.
private struct EventParser {
    let event: [UInt8]
    let fields: EventFields

    func parse() throws(InvalidEvent) -> Event {
        if let context = fields.context {
            if context.isLoadBalancer { return .http(try loadBalancer()) }
            if let method = context.method { return .http(try httpAPI(method: method, context)) }
        }
        if let method = fields.method, let path = fields.path, fields.isVersionOne {
            return .http(try request(.restAPI, method: method.string, path: path.string))
        }
        if let records = fields.records {
            return .queue(try parse("SQS records", at: records, Event.readRecords))
        }
        if let source = fields.source, source == "aws.events" || source == "aws.scheduler" {
            return .schedule(try parse("an EventBridge schedule", at: 0, Event.readSchedule))
        }
        if let source = fields.source, source == "aws.ec2" {
            return .instance(
                try parse("an EC2 event", at: 0) { reader throws(JSONError) in try InstanceEvent(&reader) }
            )
        }
        if let warm = fields.warm { return .warmUp(try parse("a warm-up", at: warm, Event.readWarmUp)) }
        if fields.hasInputs {
            if let error = fields.misnamed {
                throw .malformed(shape: "an Open Inference Protocol request", error)
            }
            return .inference(
                .init(
                    model: fields.modelName?.string,
                    version: fields.modelVersion?.string,
                    body: event[...]
                )
            )
        }
        throw .unknownShape(keys: fields.keys.map(\.string))
    }

    private func loadBalancer() throws(InvalidEvent) -> HTTPEvent {
        let isMultiValue = fields.multiValueHeaders != nil
        return try request(
            .loadBalancer(multiValueHeaders: isMultiValue),
            method: fields.method?.string ?? "GET",
            path: fields.path?.string ?? "/"
        )
    }

    private func httpAPI(method: JSONText, _ context: EventFields.Context) throws(InvalidEvent) -> HTTPEvent {
        var path = (fields.rawPath ?? context.path)?.string ?? "/"
        // A stage other than $default is the path's first segment.
        if let stage = context.stage, !(stage == "$default"), path.hasPrefix("/\(stage.string)/") {
            path = String(path.dropFirst(stage.string.count + 1))
        }
        return try request(.httpAPI, method: method.string, path: path)
    }

    private func request(
        _ origin: HTTPEvent.Origin,
        method: String,
        path: String
    ) throws(InvalidEvent) -> HTTPEvent {
        let (headers, query) = (try headers(), try query(origin))
        do throws(Base64.Malformed) {
            let request = HTTPRequest(
                method: method,
                path: path,
                query: query,
                headers: headers,
                body: try body()
            )
            return HTTPEvent(origin: origin, request: .success(request))
        } catch {
            return HTTPEvent(origin: origin, request: .failure(error))
        }
    }

    /// The body without a copy where the event holds it as it is.
    private func body() throws(Base64.Malformed) -> ArraySlice<UInt8> {
        guard let text = fields.body else { return [] }
        if fields.isBase64 {
            return text.isEscaped ? try Base64.decode(text.bytes)[...] : try Base64.decode(text.raw)[...]
        }
        return text.isEscaped ? text.bytes[...] : event[text.offset..<text.offset + text.raw.count]
    }

    private func headers() throws(InvalidEvent) -> HTTPHeaders {
        guard let offset = fields.multiValueHeaders ?? fields.headers else { return HTTPHeaders() }
        return HTTPHeaders(try parse("an HTTP request", at: offset, Event.readFields))
    }

    /// As it would stand in a URL: so HTTP APIs give it; REST APIs give it decoded, load balancers undecoded, both in parts.
    private func query(_ origin: HTTPEvent.Origin) throws(InvalidEvent) -> String {
        if let text = fields.rawQuery { return text.string }
        guard let offset = fields.multiValueQuery ?? fields.query else { return "" }
        let parts = try parse("an HTTP request's query", at: offset, Event.readFields)
        guard origin == .restAPI else {
            return parts.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        }
        return parts.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
    }

    /// Percent-encoded but for what needs it nowhere (RFC 3986, section 2.3).
    private static func encoded(_ text: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte in
            unreserved.contains(byte)
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func parse<Value>(
        _ shape: String,
        at offset: Int,
        _ read: (inout JSONReader) throws(JSONError) -> Value
    ) throws(InvalidEvent) -> Value {
        do throws(JSONError) {
            return try event.reading { reader throws(JSONError) in
                reader = reader.moved(to: offset)
                return try read(&reader)
            }
        } catch {
            throw .malformed(shape: shape, error)
        }
    }
}

extension Event {
    /// Headers or a query's parts, each a string or, where repeats are kept apart, a list of strings.
    fileprivate static func readFields(_ reader: inout JSONReader) throws(JSONError) -> [HTTPHeaders.Field] {
        var fields: [HTTPHeaders.Field] = []
        try reader.enterObject()
        while let name = try reader.nextKey()?.string {
            switch try reader.peek() {
            case .array:
                try reader.enterArray()
                while try reader.nextElement() {
                    if let value = try reader.stringOrNil()?.string { fields.append(.init(name, value)) }
                }
            default: if let value = try reader.stringOrNil()?.string { fields.append(.init(name, value)) }
            }
        }
        return fields
    }

    fileprivate static func readRecords(_ reader: inout JSONReader) throws(JSONError) -> [QueueMessage] {
        var messages: [QueueMessage] = []
        try reader.enterArray()
        while try reader.nextElement() {
            let start = reader.position
            var id: String?
            var body: [UInt8]?
            try reader.enterObject()
            while let key = try reader.nextKey() {
                switch key {
                case "messageId": id = try reader.readString().string
                case "body": body = try reader.readString().bytes
                default: try reader.skipValue()
                }
            }
            guard let id, let body else {
                throw JSONError("a record needs messageId and body, as SQS records have", at: start)
            }
            messages.append(QueueMessage(id: id, body: body))
        }
        return messages
    }

    fileprivate static func readSchedule(_ reader: inout JSONReader) throws(JSONError) -> ScheduleEvent {
        let event = try JSON(from: &reader)
        return ScheduleEvent(
            id: event["id"]?.stringValue ?? "",
            time: event["time"]?.stringValue ?? "",
            resource: event["resources"]?[0]?.stringValue ?? ""
        )
    }

    fileprivate static func readWarmUp(_ reader: inout JSONReader) throws(JSONError) -> WarmUp {
        var (hold, index, of) = (Int64(0), 0, 1)
        try reader.enterObject()
        while let key = try reader.nextKey() {
            let start = reader.position
            switch key {
            case "hold_ms":
                hold = try reader.readInteger(Int64.self)
                guard (0...WarmUp.holdMax).contains(hold) else {
                    throw JSONError("hold_ms is \(hold); expected 0 to \(WarmUp.holdMax)", at: start)
                }
            case "index": index = try reader.readInteger()
            case "of": of = try reader.readInteger()
            default: try reader.skipValue()
            }
        }
        return WarmUp(hold: hold, index: index, of: of)
    }
}
