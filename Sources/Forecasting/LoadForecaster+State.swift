extension LoadForecaster {
    private static let magic: [UInt8] = Array("MARKLOAD".utf8)
    private static let version: UInt8 = 2

    /// All that the forecaster is, in less than 400,000 bytes: what reads it goes on as if nothing had happened.
    package func encoded() -> [UInt8] {
        var writer = StateWriter()
        for byte in Self.magic { writer.byte(byte) }
        writer.byte(Self.version)
        writer.list(targets.horizons) { $0.count($1) }
        series.write(to: &writer)
        writer.optional(trainedMinute) { $0.integer($1) }
        for smoother in smoothers { smoother.write(to: &writer) }
        for tracker in offsets.joined() { tracker.write(to: &writer) }
        for mix in mixes { mix.write(to: &writer) }
        for tracker in corrections + extremes { tracker.write(to: &writer) }
        writer.list(open) { $1.write(to: &$0) }
        writer.optional(models) { $1.write(to: &$0) }
        writer.doubles(memory.h)
        writer.doubles(memory.c)
        return writer.bytes
    }

    /// - Throws: `InvalidForecasterState`.
    package init(decoding bytes: [UInt8]) throws {
        var reader = StateReader(bytes)
        for expected in Self.magic {
            guard try reader.byte() == expected else {
                throw InvalidForecasterState("it begins with something else")
            }
        }
        let version = try reader.byte()
        guard version == Self.version else {
            throw InvalidForecasterState("it has version \(version), and this program reads \(Self.version)")
        }
        let horizons = try reader.list { try $0.count() }
        guard (1...8).contains(horizons.count), horizons.allSatisfy({ (1...240).contains($0) }) else {
            throw InvalidForecasterState("its horizons are \(horizons)")
        }
        self.init(targets: LoadTargets(horizons: horizons))
        try read(&reader)
        guard reader.isAtEnd else { throw InvalidForecasterState("it goes on after its end") }
    }

    private mutating func read(_ reader: inout StateReader) throws {
        series = try LoadSeries(from: &reader)
        trainedMinute = try reader.optional { try $0.integer() }
        for index in smoothers.indices { try smoothers[index].read(&reader) }
        for target in offsets.indices {
            for index in offsets[target].indices { try offsets[target][index].read(&reader) }
        }
        for index in mixes.indices { mixes[index] = try mixes[index].read(&reader) }
        for index in corrections.indices { try corrections[index].read(&reader) }
        for index in extremes.indices { try extremes[index].read(&reader) }
        let targets = targets
        open = try reader.list { try OpenForecast(from: &$0, targets) }
        forecasts = open.last?.forecasts ?? []
        models = try reader.optional { try LoadModels(from: &$0, targets: targets.count) }
        let units = models?.network.lstm.units ?? 0
        memory = LSTM.State(units: units)
        memory.h = try reader.doubles(units)
        memory.c = try reader.doubles(units)
    }
}

extension LoadForecaster.OpenForecast {
    fileprivate func write(to writer: inout StateWriter) {
        writer.integer(minute)
        for value in said.joined() { writer.optional(value) { $0.double($1) } }
        for value in means.joined() { writer.double(value) }
        for value in deviations { writer.double(value) }
        for forecast in forecasts {
            for value in [forecast.mean, forecast.max, forecast.maxQ90, forecast.maxQ99] {
                writer.double(value)
            }
        }
    }

    fileprivate init(from reader: inout StateReader, _ targets: LoadTargets) throws {
        minute = try reader.integer()
        let (smoothers, all) = (Smoother.all.count, LoadForecaster.names.count)
        said = try targets.all.map { _ in
            try (0..<all).map { _ in try reader.optional { try $0.double() } }
        }
        means = try targets.all.map { _ in try (0..<smoothers).map { _ in try reader.double() } }
        deviations = try (0..<smoothers).map { _ in try reader.double() }
        forecasts = try targets.horizons.map { horizon in
            LoadForecast(
                horizon: horizon,
                mean: try reader.double(),
                max: try reader.double(),
                maxQ90: try reader.double(),
                maxQ99: try reader.double()
            )
        }
    }
}
