import CURL
package import Wire

/// What a service answered.
package struct Answer: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    private var parsed: JSON?

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ response: CURLResponse) {
        self.init(status: response.status, headers: response.headers, body: response.body)
    }

    /// The first value of a header, by its name in lower case.
    package subscript(header name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// The body as a tree, told from its first byte: services send XML where JSON is due and the reverse.
    ///
    /// An XML document is the content of its root element.
    package var document: JSON {
        get throws(MalformedAnswer) {
            if let parsed { return parsed }
            guard let first = body.first(where: { $0 > 0x20 }) else { return .object([]) }
            guard first == UInt8(ascii: "<") else {
                do { return try JSON(parsing: body) } catch { throw MalformedAnswer(reason: "\(error)") }
            }
            do throws(XMLReader.Malformed) {
                return try XMLReader.read(body).objectValue?.first?.value ?? .null
            } catch {
                throw MalformedAnswer(reason: "\(error)")
            }
        }
    }

    /// The same answer, which parses its body no more.
    func withDocument() throws(MalformedAnswer) -> Answer {
        var answer = self
        answer.parsed = try document
        return answer
    }
}

/// Why an answer with a good status cannot be used.
package struct MalformedAnswer: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { reason }
}
