import LambdaRuntime
import Synchronization
import Testing
import Wire

@Suite struct `The log` {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let lines = Lines()

    private func log(_ format: Log.Format, _ level: Log.Level = .info) -> Log {
        Log(format: format, level: level, now: { WallClock(milliseconds: 1_795_490_099_120) }) {
            [lines] line in
            lines.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
    }

    private var written: [String] { lines.all.withLock { $0 } }

    @Test func `writes one JSON object a line`() {
        log(.json).warn("a \"quoted\"\nmessage", [.init("count", 3)])
        #expect(
            written == [
                #"{"timestamp":"2026-11-24T03:14:59.120Z","level":"WARN","message":"a \"quoted\"\nmessage","count":3}"#
                    + "\n"
            ]
        )
    }

    @Test func `writes text on one line, whatever the message holds`() {
        log(.text).error("two\nlines")
        #expect(written == ["2026-11-24T03:14:59.120Z ERROR two lines\n"])
    }

    @Test func `leaves out what is below its level`() {
        let log = log(.json, .error)
        log.debug("no")
        log.info("no")
        log.warn("no")
        log.error("yes")
        log.fatal("yes")
        #expect(written.count == 2)
    }

    @Test func `cuts a message before Lambda would split it`() {
        log(.text).info(String(repeating: "x", count: 300_000))
        #expect(written[0].utf8.count < 256 * 1024)
        #expect(written[0].hasSuffix("… (cut)\n"))
    }
}

@Suite struct `The wall clock` {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_490_099_120, "2026-11-24T03:14:59.120Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
        ] as [(Int64, String)]
    )
    func `reads as RFC 3339`(milliseconds: Int64, text: String) {
        #expect(WallClock(milliseconds: milliseconds).description == text)
    }
}

@Suite struct `A function's error` {
    @Test(arguments: [
        ("Function.Unknown", true), ("Runtime.ExitError", true), ("Unhandled", false),
        ("Function.unknown", false),
        ("Function.A1", false), ("Function.", false), ("function.Unknown", false), ("Function.A.B", false),
        ("", false),
    ])
    func `has a type that Lambda keeps`(type: String, isKept: Bool) {
        #expect(FunctionError.isKept(type) == isKept)
    }
}
