import Wire

/// Tensors into memory and out of it, against a plain copy of the same bytes.
struct ParsingBenchmark {
    private static let count = 1 << 19
    private static let rounds = 15

    func run(_ report: inout Report) {
        Report.progress("parsing")
        let short = (0..<Self.count).map { Float($0 % 17) }
        let long = (0..<Self.count).map { Float($0) * 0.001_234_567 + 1e-3 }
        let integers = (0..<Self.count).map { String($0 % 50_000) }
        parse("JSON floats such as 11.0", short.map { "\($0)" }, Float.self, &report)
        parse("JSON floats such as 0.12345679", long.map { "\($0)" }, Float.self, &report)
        parse(
            "JSON floats as Python writes them, 17 digits",
            long.map { "\(Double($0))" },
            Float.self,
            &report
        )
        parse("JSON integers such as 31999", integers, Int64.self, &report)
        write("JSON floats written, 8 digits", long, &report)
        base64(&report)
    }

    private func parse<Number: JSONNumber>(
        _ name: String,
        _ numbers: [String],
        _ type: Number.Type,
        _ report: inout Report
    ) {
        let text = Array("[\(numbers.joined(separator: ","))]".utf8)
        let target = UnsafeMutableBufferPointer<Number>.allocate(capacity: numbers.count)
        defer { target.deallocate() }
        let times = measure {
            var count = 0
            try? text.reading { reader throws(JSONError) in
                try reader.readNumbers(into: target, count: &count)
            }
            precondition(count == numbers.count, "the parser stopped early")
        }
        report.add("read: \(name)", bytes: text.count, times, ceiling: copy(text))
    }

    private func write(_ name: String, _ numbers: [Float], _ report: inout Report) {
        let bytes = numbers.withUnsafeBytes { ArraySlice($0) }
        var written = 0
        let times = measure {
            var writer = JSONWriter(capacity: numbers.count * 12)
            writer.floats(bytes)
            written = writer.bytes.count
        }
        report.add(name, bytes: written, times, ceiling: copy([UInt8](repeating: 1, count: written)))
    }

    private func base64(_ report: inout Report) {
        let bytes = (0..<Self.count * 4).map { UInt8(truncatingIfNeeded: $0 &* 131) }
        let text = Base64.encode(bytes)
        let times = measure {
            precondition((try? Base64.decode(text))?.count == bytes.count, "decoding failed")
        }
        report.add("read: binary tensor as Base64", bytes: text.count, times, ceiling: copy(text))
        let encoding = measure { precondition(Base64.encode(bytes).count == text.count, "encoding failed") }
        report.add("binary tensor written as Base64", bytes: text.count, encoding, ceiling: copy(text))
    }

    private func copy(_ bytes: [UInt8]) -> [Duration] {
        measure {
            let copy = bytes.withUnsafeBytes { Array($0) }
            precondition(copy.count == bytes.count, "the copy is short")
        }
    }

    private func measure(_ body: () -> Void) -> [Duration] {
        let clock = ContinuousClock()
        body()
        return (0..<Self.rounds).map { _ in clock.measure(body) }
    }
}
