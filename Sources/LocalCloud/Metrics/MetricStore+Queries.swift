package import Wire

extension MetricStore {
    private static let queriesMax = 500
    private static let datapointsMax = 100_800

    /// `GetMetricData` and `ListMetrics`.
    package func answer(_ operation: String, _ request: JSON, now: WallClock) throws(ServiceFailure) -> JSON {
        switch operation {
        case "GetMetricData": return try getMetricData(request, now)
        case "ListMetrics": return listMetrics(request)
        default:
            throw ServiceFailure(
                "UnknownOperationException",
                "CloudWatch here has no operation \(cropped(operation, to: 60))"
            )
        }
    }

    private func listMetrics(_ request: JSON) -> JSON {
        let found = names.filter { name in
            request["Namespace"]?.stringValue.map { $0 == name.namespace } ?? true
                && request["MetricName"]?.stringValue.map { $0 == name.metric } ?? true
        }
        return ["Metrics": .array(found.map(Self.description))]
    }

    private static func description(_ name: Name) -> JSON {
        let dimensions = name.dimensions.sorted { $0.key < $1.key }
        return [
            "Namespace": .string(name.namespace), "MetricName": .string(name.metric),
            "Dimensions": .array(dimensions.map { ["Name": .string($0.key), "Value": .string($0.value)] }),
        ]
    }

    private struct Query {
        let id: String
        let json: JSON
        /// In minutes.
        let period: Int64
        let isReturned: Bool
    }

    private func getMetricData(_ request: JSON, _ now: WallClock) throws(ServiceFailure) -> JSON {
        guard let start = request["StartTime"]?.doubleValue.map({ WallClock(seconds: $0) }),
            let end = request["EndTime"]?.doubleValue.map({ WallClock(seconds: $0) }), start < end
        else { throw Self.invalid("StartTime must be before EndTime") }
        let json = request["MetricDataQueries"]?.arrayValue ?? []
        guard (1...Self.queriesMax).contains(json.count) else {
            throw Self.invalid("there are \(json.count) MetricDataQueries; send 1 to \(Self.queriesMax)")
        }
        var queries: [Query] = []
        for query in json { queries.append(try Self.query(query)) }
        guard Set(queries.map(\.id)).count == queries.count else {
            throw Self.invalid("the ids of MetricDataQueries must differ")
        }
        let evaluation = Evaluation(store: self, queries: queries, start: start, end: end, now: now)
        let isDescending = request["ScanBy"]?.stringValue != "TimestampAscending"
        var results: [JSON] = []
        for query in queries where query.isReturned {
            let points = try evaluation.series(query).sorted { ($0.key < $1.key) != isDescending }
            guard points.count <= Self.datapointsMax else {
                throw Self.invalid("more than \(Self.datapointsMax) datapoints; ask for less time")
            }
            results.append([
                "Id": .string(query.id), "Label": query.json["Label"] ?? .string(Self.label(query)),
                "StatusCode": "Complete",
                "Timestamps": .array(points.map { .integer($0.key * 60) }),
                "Values": .array(points.map { .double($0.value) }),
            ])
        }
        return ["MetricDataResults": .array(results), "Messages": []]
    }

    private static func label(_ query: Query) -> String {
        query.json["MetricStat"]?["Metric"]?["MetricName"]?.stringValue ?? query.id
    }

    private static func query(_ json: JSON) throws(ServiceFailure) -> Query {
        guard let id = json["Id"]?.stringValue, id.first?.isLowercase == true else {
            throw invalid("The value for Id must begin with a small letter")
        }
        let hasStatistic = json["MetricStat"].map { $0 != .null } ?? false
        guard hasStatistic != (json["Expression"]?.stringValue != nil) else {
            throw invalid("the query \(id) must have either MetricStat or Expression")
        }
        let seconds = json["MetricStat"]?["Period"]?.intValue ?? json["Period"]?.intValue ?? 60
        guard seconds >= 60, seconds % 60 == 0, seconds <= 86_400 else {
            throw invalid("the period of \(id) is \(seconds); here it must be a multiple of 60, up to a day")
        }
        return Query(
            id: id,
            json: json,
            period: Int64(seconds / 60),
            isReturned: json["ReturnData"]?.boolValue ?? true
        )
    }

    private static func invalid(_ message: String) -> ServiceFailure {
        ServiceFailure("ValidationError", message)
    }

    /// What the queries of one request come to, each computed once.
    private struct Evaluation {
        let store: MetricStore
        let queries: [Query]
        let start: WallClock
        let end: WallClock
        let now: WallClock

        func series(_ query: Query) throws(ServiceFailure) -> [Int64: Double] {
            guard case .series(let series) = try value(query, depth: 0) else {
                throw MetricStore.invalid("the expression \(query.id) has no time; name a metric in it")
            }
            return series
        }

        private func value(_ query: Query, depth: Int) throws(ServiceFailure) -> MetricMath.Value {
            guard depth < 10 else {
                throw MetricStore.invalid("the expression \(query.id) refers to itself, or too deep")
            }
            guard let expression = query.json["Expression"]?.stringValue else {
                return .series(try metric(query))
            }
            let first = start.milliseconds / 60_000 / query.period * query.period
            let last = (end.milliseconds - 1) / 60_000
            // Periods that are not over yet are not filled.
            let visible = (now.milliseconds - Int64(store.delay / .milliseconds(1))) / 60_000
            let periods = Array(
                stride(from: first, through: min(last, visible - query.period), by: Int(query.period))
            )
            return try MetricMath.evaluate(expression, periods: periods) { (id) throws(ServiceFailure) in
                guard let other = queries.first(where: { $0.id == id }) else {
                    throw MetricStore.invalid(
                        "the expression \(query.id) names \(id), which is no query's id"
                    )
                }
                return try value(other, depth: depth + 1)
            }
        }

        private func metric(_ query: Query) throws(ServiceFailure) -> [Int64: Double] {
            guard let stat = query.json["MetricStat"], let metric = stat["Metric"],
                let namespace = metric["Namespace"]?.stringValue, let name = metric["MetricName"]?.stringValue
            else {
                throw MetricStore.invalid(
                    "the query \(query.id) needs a Metric with Namespace and MetricName"
                )
            }
            guard let text = stat["Stat"]?.stringValue, let statistic = Statistic(text) else {
                throw MetricStore.invalid(
                    "the statistic of \(query.id) is \(stat["Stat"]?.stringValue ?? "missing"); expected Sum, SampleCount, Average, "
                        + "Minimum, Maximum, pNN or PR(a:b)"
                )
            }
            var dimensions: [String: String] = [:]
            for dimension in metric["Dimensions"]?.arrayValue ?? [] {
                if let name = dimension["Name"]?.stringValue {
                    dimensions[name] = dimension["Value"]?.stringValue
                }
            }
            let key = MetricStore.Name(namespace, name, dimensions)
            return store.series(key, statistic, period: query.period, from: start, to: end, now: now)
        }
    }
}
