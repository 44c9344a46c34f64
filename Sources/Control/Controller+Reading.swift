import AWS
import Fleet
import Forecasting
import Planning
import Synchronization
import Wire

/// What a cycle reads: first what every decision needs, at once; then, when there is something to decide, what it costs money or time
/// to know.
extension Controller {
    /// Kept in the process unless another has trained since, or as of its last training, or new.
    ///
    /// Minutes since then are read again with the counts. Two processes with different trainings would take back each other's decisions.
    ///
    /// - Parameter trainedMinute: as the document says.
    func forecaster(trained trainedMinute: Int?, _ deadlines: CycleDeadlines) async throws(AWSError)
        -> LoadForecaster
    {
        if let forecaster = kept.withLock({ $0.forecaster }),
            forecaster.trainedMinute ?? .min >= trainedMinute ?? .min
        {
            return forecaster
        }
        let stored = try await aws.send(settings.table.forecaster(), deadline: deadlines.reading)
        return stored.flatMap { try? LoadForecaster(decoding: $0) } ?? LoadForecaster()
    }

    /// - Throws: when EC2 or the table does not answer: without them nothing may be decided.
    func read(
        _ document: ControllerDocument,
        _ forecaster: LoadForecaster,
        at wall: WallClock,
        _ deadlines: CycleDeadlines
    ) async throws(AWSError) -> Readings {
        let (table, until) = (settings.table, deadlines.reading)
        let first = firstMinute(forecaster, wall)
        async let listed = attempt(
            EC2.describeInstances(filters: [.tag(ControlSettings.tag, settings.stack)]),
            until
        )
        async let backends = attempt(table.backends(isConsistent: true), until)
        async let warnings = attempt(table.warnings(), until)
        async let token = attempt(table.token(), until)
        async let counted = attempt(counts(from: first, to: wall), until)
        async let provisioned = provisioned(until)
        async let route = route(until)
        var readings = Readings(
            now: wall,
            machine: now().wall,
            instances: try await listed.get(),
            backends: try await backends.get(),
            newToken: TokenRing.random()
        )
        (readings.warnings, readings.token) = (try await warnings.get(), try await token.get())
        let delay = settings.metricDelay
        readings.note(await counted, "no request counts") {
            $0.counts = MinuteCounts($1.first?.points ?? [], from: first, now: wall, delay: delay)
        }
        readings.note(await provisioned, "the provisioned concurrency is not known") {
            $0.provisionedConcurrency = $1
        }
        readings.note(await route, "the route is not known") { $0.route = $1 }
        if isActive(readings, forecaster) { await readMore(document, &readings, deadlines) }
        return readings
    }

    /// Two weeks for a forecaster that knows nothing; the last ones again for others, since counts come late.
    private func firstMinute(_ forecaster: LoadForecaster, _ now: WallClock) -> Int {
        max(forecaster.series.lastMinute.map { $0 + 1 } ?? .min, now.minute - 14 * 1440)
    }

    /// Whether there is anything to decide: without requests and instances there is not.
    private func isActive(_ readings: Readings, _ forecaster: LoadForecaster) -> Bool {
        let recent = forecaster.series.counts.suffix(30) + (readings.counts?.counts.suffix(30) ?? [])
        return !readings.instances.isEmpty || readings.provisionedConcurrency > 0
            || recent.contains { $0 > 0 }
    }

    private func readMore(
        _ document: ControllerDocument,
        _ readings: inout Readings,
        _ deadlines: CycleDeadlines
    ) async {
        let (until, wall) = (deadlines.reading, readings.now)
        async let prices = prices(wall, until)
        async let quality = quality(document, readings.counts, until)
        async let subnets = subnets(until)
        async let concurrency = concurrency(until)
        // The last ones, or else the list's: a fleet is not judged anew because a price could not be read.
        readings.spotPrices = kept.withLock(\.prices)
        readings.note(await prices, "spot prices are those of before") { $0.spotPrices = $1 }
        kept.withLock { $0.prices = readings.spotPrices }
        readings.note(await quality, "how requests fared is not known") { $0.quality = $1 }
        readings.note(await subnets, "nothing can be launched, as the subnets are not known") {
            $0.subnets = $1
        }
        readings.note(await concurrency, "Lambda's limit is not known") { $0.concurrencyMax = $1 }
    }

    // MARK: CloudWatch

    private func counts(from first: Int, to now: WallClock) -> Call<[CloudWatch.Series]> {
        CloudWatch.getMetricData(
            [gateway("count", "Count", "Sum")],
            from: WallClock(milliseconds: Int64(first) * 60_000),
            to: now
        )
    }

    private func gateway(_ id: String, _ name: String, _ statistic: String) -> CloudWatch.Query {
        CloudWatch.Query(
            id,
            .metric(
                namespace: "AWS/ApiGateway",
                name: name,
                dimensions: [.init("ApiId", settings.api)],
                statistic: statistic
            )
        )
    }

    private func lambda(_ id: String, _ name: String, _ statistic: String) -> CloudWatch.Query {
        CloudWatch.Query(
            id,
            .metric(
                namespace: "AWS/Lambda",
                name: name,
                dimensions: [.init("FunctionName", settings.functionName)],
                statistic: statistic
            )
        )
    }

    /// Of the minutes that have become known.
    private func quality(
        _ document: ControllerDocument,
        _ counts: MinuteCounts?,
        _ until: Duration
    ) async -> Result<ServiceQuality, AWSError> {
        guard let counts, counts.last >= counts.first else { return .success(ServiceQuality()) }
        let first = max(document.qualityMinute.map { $0 + 1 } ?? counts.last, counts.last - 9)
        guard first <= counts.last else { return .success(ServiceQuality()) }
        let inTime = "PR(:\(Int((settings.slo / .milliseconds(1)).rounded())))"
        let call = CloudWatch.getMetricData(
            [
                gateway("count", "Count", "Sum"), gateway("intime", "Latency", inTime),
                gateway("errors", "5xx", "Sum"), lambda("runs", "Duration", "SampleCount"),
                lambda("runsintime", "Duration", inTime), lambda("mean", "Duration", "Average"),
            ],
            from: WallClock(milliseconds: Int64(first) * 60_000),
            to: WallClock(milliseconds: Int64(counts.last + 1) * 60_000)
        )
        return await attempt(call, until).map { ServiceQuality($0, warmed: document.warmed) }
    }

    // MARK: EC2

    private func prices(_ now: WallClock, _ until: Duration) async -> Result<[Pool: DollarsPerHour], AWSError>
    {
        guard settings.hasFleet, settings.markets.contains(.spot) else { return .success([:]) }
        let types = catalogue.types.filter {
            $0.architecture == settings.architecture && $0.spot != nil
                && settings.types?.contains($0.name) ?? true
        }.map(\.name)
        guard !types.isEmpty else { return .success([:]) }
        let call = EC2.describeSpotPriceHistory(types: types, from: now, to: now)
        return await attempt(call, until).map { prices in
            var latest: [Pool: EC2.SpotPrice] = [:]
            for price in prices {
                let pool = Pool(type: price.instanceType, zone: price.zone)
                if let other = latest[pool], other.since >= price.since { continue }
                latest[pool] = price
            }
            return latest.mapValues { DollarsPerHour($0.dollarsPerHour) }
        }
    }

    /// By zone; a zone's first subnet in the order of the setting.
    private func subnets(_ until: Duration) async -> Result<[String: String], AWSError> {
        if let subnets = kept.withLock({ $0.subnets }) { return .success(subnets) }
        guard settings.hasFleet else { return .success([:]) }
        return await attempt(EC2.describeSubnets(settings.subnets), until).map { found in
            let ordered = settings.subnets.compactMap { id in found.first { $0.id == id } }
            let subnets = Dictionary(ordered.map { ($0.zone, $0.id) }, uniquingKeysWith: { one, _ in one })
            kept.withLock { $0.subnets = subnets }
            return subnets
        }
    }
}

extension Readings {
    /// Takes what was read, or says what is done without it.
    fileprivate mutating func note<Value>(
        _ result: Result<Value, AWSError>,
        _ problem: String,
        _ take: (inout Readings, Value) -> Void
    ) {
        switch result {
        case .success(let value): take(&self, value)
        case .failure(let error): problems.append("\(problem): \(error)")
        }
    }
}
