import Glibc

/// The figures, as a table that is printed at the end; progress goes to the terminal meanwhile.
struct Report {
    private var rows: [(name: String, median: String, tail: String, ratio: String)] = []

    /// Times of one thing, and how they compare with a floor's.
    mutating func add(_ name: String, _ times: [Duration], floor: [Duration]? = nil) {
        let sorted = times.sorted()
        let ratio = floor.map { Self.median(times) / Self.median($0) }
        rows.append(
            (
                name, Self.text(Self.median(times)), Self.text(sorted[sorted.count * 99 / 100]),
                ratio.map(Self.times) ?? ""
            )
        )
    }

    /// A speed, and how it compares with a ceiling.
    mutating func add(_ name: String, bytes: Int, _ times: [Duration], ceiling: [Duration]? = nil) {
        let speed = Double(bytes) / (Self.median(times) / .seconds(1)) / 1e6
        let ratio = ceiling.map { Self.median(times) / Self.median($0) }
        rows.append((name, "\(Int(speed)) MB/s", "", ratio.map(Self.times) ?? ""))
    }

    func write() {
        print("".padded(54) + "median".leftPadded(12) + "p99".leftPadded(12) + "x floor".leftPadded(10))
        for row in rows {
            print(
                row.name.padded(54) + row.median.leftPadded(12) + row.tail.leftPadded(12)
                    + row.ratio.leftPadded(10)
            )
        }
    }

    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let line = Array("\(text) …\n".utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    static func median(_ times: [Duration]) -> Duration { times.sorted()[times.count / 2] }

    private static func text(_ time: Duration) -> String {
        let microseconds = time / .microseconds(1)
        return microseconds >= 1000 ? "\(rounded(microseconds / 1000)) ms" : "\(rounded(microseconds)) us"
    }

    private static func times(_ ratio: Double) -> String { rounded(ratio) }

    private static func rounded(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
    fileprivate func leftPadded(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
