import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// A function's own URL, in streaming mode: what the function streams goes out as it comes.
///
/// API Gateway's HTTP API cannot do that: it waits for the whole answer. On AWS the URL has a host of its own; here it is
/// everything below `/function-url`, so that pages and clients need no other name to be resolved.
/// Source: AWS, "Invoking a response streaming enabled function using Lambda function URLs".
struct FunctionURLFront: Sendable {
    /// Nil in a cloud without one.
    let function: LocalFunction?
    let stack: Stack?
    let now: @Sendable () -> Duration
    let log: @Sendable (String) -> Void

    static let prefix = "/function-url"
    /// Where the bill of an answer is found, which is known only after the answer's head has gone.
    private static let receiptHeader = "x-mark-receipt"

    /// The path below the function's URL; nil for a request to somewhere else.
    static func path(of request: Request) -> String? {
        guard request.uri.path.hasPrefix(prefix + "/") else { return nil }
        return String(request.uri.path.dropFirst(prefix.count))
    }

    private enum Part: Sendable {
        case bytes([UInt8])
        case end(InvocationResult)
    }

    func respond(
        _ request: Request,
        _ context: ConnectionContext,
        _ invocation: Invocation,
        _ start: Duration
    ) async -> Response {
        guard let function else {
            return GatewayAnswer.failure(404, "there is no function with a URL here").response(isHead: false)
        }
        let (parts, continuation) = AsyncStream<Part>.makeStream()
        let receive: @Sendable ([UInt8]) -> Void = { _ = continuation.yield(.bytes($0)) }
        // One to HEAD has no body to stream.
        let streams = request.method != .head
        await function.submit(invocation, receive: streams ? receive : nil) { result in
            continuation.yield(.end(result))
            continuation.finish()
        }
        let what = "\(request.method.rawValue) \(request.uri.path)"
        var first: [UInt8] = []
        for await part in parts {
            switch part {
            case .bytes(let bytes):
                first += bytes
                guard GatewayAnswer.hasPrelude(first) else { continue }
                let answer = GatewayAnswer(streamed: first)
                let report = Report(what: what, start: start, status: answer.status)
                return stream(answer, parts, context, report)
            case .end(let result):
                // Not streamed, or without its prelude.
                var answer = first.isEmpty ? GatewayAnswer(result) : GatewayAnswer(streamed: first)
                let report = Report(what: what, start: start, status: answer.status)
                answer.headers.append((Self.receiptHeader, report.receipt))
                await account(report, result, bytes: answer.body.count)
                return answer.response(isHead: request.method == .head)
            }
        }
        return GatewayAnswer.failure(502, "Internal Server Error").response(isHead: false)
    }

    // MARK: Streaming

    /// What is said of an answer in the end.
    private struct Report: Sendable {
        let what: String
        let start: Duration
        let status: Int
        let receipt = String(UInt64.random(in: 0 ... .max), radix: 16)
    }

    /// An answer whose body has begun.
    private func stream(
        _ answer: GatewayAnswer,
        _ parts: AsyncStream<Part>,
        _ context: ConnectionContext,
        _ report: Report
    ) -> Response {
        var answer = answer
        answer.headers.append((Self.receiptHeader, report.receipt))
        let first = ByteBuffer(bytes: answer.body)
        answer.body = []
        let channel = context.channel
        var response = answer.response(isHead: false)
        response.headers[.contentLength] = nil
        response.body = ResponseBody { writer in
            // A caller that is gone ends nothing: Lambda lets the function run on, and bills it.
            var isGone = false
            var count = first.readableBytes
            do { try await writer.write(first) } catch { isGone = true }
            for await part in parts {
                switch part {
                case .bytes(let bytes):
                    count += bytes.count
                    if isGone { continue }
                    do { try await writer.write(ByteBuffer(bytes: bytes)) } catch { isGone = true }
                case .end(let result):
                    await account(report, result, bytes: count)
                    // The status has gone out, so a broken connection is all that can tell of a failure.
                    if case .answer = result.outcome { continue }
                    channel.close(promise: nil)
                    isGone = true
                }
            }
            if !isGone { try await writer.finish(nil) }
        }
        return response
    }

    private func account(_ report: Report, _ result: InvocationResult, bytes: Int) async {
        let line = ReportLine(
            what: report.what,
            status: report.status,
            total: now() - report.start,
            bytes: bytes
        )
        log(line.text(result))
        await stack?.issue(receipt: report.receipt, for: result, latency: line.total)
    }
}
