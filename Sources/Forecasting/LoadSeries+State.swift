extension LoadSeries {
    private enum Form: UInt8 { case differences, floats }

    func write(to writer: inout StateWriter) {
        writer.integer(start)
        var differences = StateWriter()
        var last = 0
        for count in counts {
            differences.integer(Int(count) - last)
            last = Int(count)
        }
        let isShort = differences.bytes.count <= 4 * counts.count
        writer.byte((isShort ? Form.differences : .floats).rawValue)
        writer.count(counts.count)
        if isShort {
            for byte in differences.bytes { writer.byte(byte) }
        } else {
            for count in counts { writer.float(Float(count)) }
        }
        for first in stride(from: 0, to: isMissing.count, by: 8) {
            let bits = isMissing[first..<min(first + 8, isMissing.count)]
            writer.byte(bits.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
        }
    }

    init(from reader: inout StateReader) throws {
        let start = try reader.integer()
        let form = Form(rawValue: try reader.byte())
        let count = try reader.count()
        guard let form, count <= Self.capacity + 1440, abs(start) < 1 << 40 else {
            throw InvalidForecasterState("its series has \(count) minutes from minute \(start)")
        }
        var last = 0
        let counts = try (0..<count).map { _ in
            guard form == .differences else { return Double(try reader.float()) }
            last = min(max(last + (try reader.integer()), 0), 1 << 41)
            return Double(last)
        }
        guard counts.allSatisfy({ $0 >= 0 }) else { throw InvalidForecasterState("a count is negative") }
        var bits: UInt8 = 0
        let isMissing = try (0..<count).map { index in
            if index % 8 == 0 { bits = try reader.byte() }
            return bits >> UInt8(index % 8) & 1 == 1
        }
        self.init(start: start, counts: counts, isMissing: isMissing)
    }
}

extension Smoother {
    func write(to writer: inout StateWriter) {
        writer.optional(level) { $0.double($1) }
        writer.double(trend)
        writer.double(deviation)
        for value in season { writer.float(value) }
    }

    mutating func read(_ reader: inout StateReader) throws {
        let level = try reader.optional { try $0.double() }
        let (trend, deviation) = (try reader.double(), try reader.double())
        let season = try season.map { _ in try reader.float() }
        self = Smoother(kind, level: level, trend: trend, season: season, deviation: deviation)
    }
}

extension QuantileTracker {
    func write(to writer: inout StateWriter) {
        writer.double(value)
        writer.double(seen)
    }

    mutating func read(_ reader: inout StateReader) throws {
        let (value, seen) = (try reader.double(), max(0, try reader.double()))
        self = QuantileTracker(level: level, rates: rates, start: value, seen: seen)
    }
}

extension ForecastMix {
    func write(to writer: inout StateWriter) {
        for value in regrets + squares { writer.double(value) }
        writer.optional(scale) { $0.double($1) }
    }

    func read(_ reader: inout StateReader) throws -> ForecastMix {
        let regrets = try prior.map { _ in try reader.double() }
        let squares = try prior.map { _ in max(0, try reader.double()) }
        let scale = try reader.optional { try $0.double() }
        return ForecastMix(level: level, prior: prior, regrets: regrets, squares: squares, scale: scale)
    }
}
