import Load
import TestKit
import Testing

@Suite struct `A trace` {
    @Test func `is read from lines of a file`() throws {
        let text = "timestamp,requests\n2026-11-24T00:00:00Z,12\n2026-11-24T00:01:00Z,0\n"
        let trace = try Trace(parsing: text)
        #expect(trace.minutes == [12, 0] && trace.start == 20_781 * 1440)
        #expect(try Trace(parsing: "0,5\r\n1,6\r\n").counts == [5, 6])
    }

    @Test(arguments: [
        ("1970-01-01T00:01Z", 1), ("2000-02-29T00:00:00Z", 11_016 * 1440),
        ("1999-12-31T23:59Z", 10_957 * 1440 - 1),
    ])
    func `knows the calendar`(text: String, minute: Int) throws {
        #expect(try Trace(parsing: "\(text),1\n").start == minute)
    }

    @Test func `may have gaps and minutes without a count`() throws {
        let trace = try Trace(parsing: "timestamp,requests\n10,1\n12,\n15,4\n")
        #expect(trace.start == 10 && trace.minutes == [1, nil, nil, nil, nil, 4])
        #expect(trace.counts == [1, 0, 0, 0, 0, 4])
    }

    @Test(arguments: [
        "", "timestamp,requests\n", "0,-1\n", "0,many\n", "0,\n", "5\n", "0,5\n0,6\n", "1,5\n0,6\n",
        "0,1\n99999,1\n",
        "2026-13-01T00:00:00Z,1\n", "yesterday 1,1\n",
    ])
    func `is refused with the line that is wrong`(text: String) {
        #expect {
            try Trace(parsing: text)
        } throws: {
            "\($0)".hasPrefix("line ") && "\($0)".contains("TIMESTAMP,REQUESTS")
        }
    }
}
