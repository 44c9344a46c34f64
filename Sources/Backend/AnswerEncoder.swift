import NIOCore
import Wire

/// Writes an answer as HTTP/1.1 into one buffer, so that it costs one system call.
enum AnswerEncoder {
    static func encode(
        _ response: HTTPResponse,
        isHead: Bool,
        connection: StaticString?,
        _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 256 + (isHead ? 0 : response.body.count))
        writeFields(response, connection, &buffer)
        if response.status != 204, response.status != 304 {
            buffer.writeStaticString("content-length: ")
            buffer.writeString(String(response.body.count))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        if !isHead { buffer.writeBytes(response.body) }
        return buffer
    }

    /// The head of an answer whose body comes later.
    static func encodeHead(
        _ response: HTTPResponse,
        isChunked: Bool,
        connection: StaticString?,
        _ allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 512)
        writeFields(response, connection, &buffer)
        buffer.writeStaticString(isChunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n")
        return buffer
    }

    /// What all heads have, but for the body's length.
    private static func writeFields(
        _ response: HTTPResponse,
        _ connection: StaticString?,
        _ buffer: inout ByteBuffer
    ) {
        writeStatus(response.status, &buffer)
        for field in response.headers.fields {
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        if let connection {
            buffer.writeStaticString("connection: ")
            buffer.writeStaticString(connection)
            buffer.writeStaticString("\r\n")
        }
    }

    private static func writeStatus(_ status: Int, _ buffer: inout ByteBuffer) {
        switch status {
        case 200: buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        case 503: buffer.writeStaticString("HTTP/1.1 503 Service Unavailable\r\n")
        default:
            buffer.writeString("HTTP/1.1 \(status) \(HTTPStatus.reason(status))\r\n")
        }
    }
}
