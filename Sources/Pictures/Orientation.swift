/// How a stored picture is to be turned to stand upright, as cameras note it (EXIF 2.32, tag Orientation).
package struct Orientation: Equatable, Sendable {
    /// Whether rows become columns.
    package let swapsAxes: Bool
    /// Whether stored rows are read from the bottom.
    package let flipsRows: Bool
    /// Whether stored columns are read from the right.
    package let flipsColumns: Bool

    package static let upright = Orientation(number: 1)

    /// - Parameter number: 1 to 8; anything else is upright, as viewers have it.
    package init(number: Int) {
        swapsAxes = (5...8).contains(number)
        flipsRows = [3, 4, 6, 7].contains(number)
        flipsColumns = [2, 3, 7, 8].contains(number)
    }

    /// Reads the first directory of EXIF data (TIFF 6.0, section 2); nil when it holds no orientation.
    init?(exif: ArraySlice<UInt8>) {
        let isLittle = exif.starts(with: "II".utf8)
        guard isLittle || exif.starts(with: "MM".utf8) else { return nil }
        func number(_ count: Int, at offset: Int) -> Int? {
            guard offset >= 0, offset <= exif.count - count else { return nil }
            let bytes = exif.dropFirst(offset).prefix(count)
            return isLittle
                ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(2, at: 2) == 42, let directory = number(4, at: 4), let count = number(2, at: directory)
        else { return nil }
        for entry in 0..<count {
            let offset = directory + 2 + 12 * entry
            guard let tag = number(2, at: offset) else { return nil }
            // Type 3, a short number, lies in the entry itself.
            if tag == 0x0112, number(2, at: offset + 2) == 3, let value = number(2, at: offset + 8) {
                self.init(number: value)
                return
            }
        }
        return nil
    }
}
