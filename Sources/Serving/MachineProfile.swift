package import Batching
package import Wire

/// How long a model's batches take on a type of machine, as measured by `mark profile` or written by hand.
///
/// ```json
/// {"measured": "2026-11-24", "cores": 2, "configurations": [
///    {"executors": 2, "threads": 1, "batches": [{"size": 1, "p50_ms": 3.1, "p99_ms": 3.6, "memory_mb": 73}, …]}]}
/// ```
package struct MachineProfile: Equatable, Sendable {
    /// Executors that run at once, and threads of each.
    package struct Configuration: Equatable, Sendable {
        package var executors: Int
        package var threads: Int
        /// By ascending size.
        package var batches: [Batch]

        package init(executors: Int, threads: Int, batches: [Batch]) {
            self.executors = executors
            self.threads = threads
            self.batches = batches
        }

        /// t(b) of one executor while all others run as well.
        package func latencyProfile() throws(InvalidProfile) -> LatencyProfile {
            try LatencyProfile(batches.map { ($0.size, .milliseconds($0.p99)) })
        }

        /// Rows per second of all executors with the batch size that gives the most within a latency.
        package func throughput(within latency: Duration = .seconds(Int64.max / 2)) -> Double {
            let fitting = batches.filter { .milliseconds($0.p99) <= latency }
            return fitting.map { Double($0.size * executors) * 1000 / ($0.p50 ?? $0.p99) }.max() ?? 0
        }
    }

    package struct Batch: Equatable, Sendable {
        package var size: Int
        /// Milliseconds.
        package var p50: Double?
        package var p99: Double
        /// Resident memory of the process after runs of this size.
        package var memoryMegabytes: Double?

        package init(size: Int, p50: Double? = nil, p99: Double, memoryMegabytes: Double? = nil) {
            self.size = size
            self.p50 = p50
            self.p99 = p99
            self.memoryMegabytes = memoryMegabytes
        }
    }

    /// The day, as 2026-11-24.
    package var measured: String?
    package var cores: Int?
    package var configurations: [Configuration]

    package init(measured: String? = nil, cores: Int? = nil, configurations: [Configuration]) {
        self.measured = measured
        self.cores = cores
        self.configurations = configurations
    }

    /// The configuration with the highest throughput within a latency; of equal ones that with fewer threads.
    package func best(within latency: Duration, coresMax: Int) -> Configuration? {
        configurations.filter { $0.executors * $0.threads <= coresMax }.max {
            ($0.throughput(within: latency), -$0.threads) < ($1.throughput(within: latency), -$1.threads)
        }
    }
}

// MARK: JSON

extension MachineProfile {
    package init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        let members = try ConfigurationMembers(json, ["measured", "cores", "configurations"], at: path)
        measured = try members.string("measured")
        cores = try members.integer("cores", 1...4096)
        configurations = try members.list("configurations") { (json, path) throws(InvalidConfiguration) in
            try Configuration(json, at: path)
        }
    }

    package var json: JSON {
        var members: [JSON.Member] = []
        if let measured { members.append(.init("measured", .string(measured))) }
        if let cores { members.append(.init("cores", .integer(Int64(cores)))) }
        members.append(.init("configurations", .array(configurations.map(\.json))))
        return .object(members)
    }
}

extension MachineProfile.Configuration {
    fileprivate init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        let members = try ConfigurationMembers(json, ["executors", "threads", "batches"], at: path)
        executors = try members.integer("executors", 1...1024) ?? 1
        threads = try members.integer("threads", 1...1024) ?? 1
        batches = try members.list("batches") { (json, path) throws(InvalidConfiguration) in
            try MachineProfile.Batch(json, at: path)
        }
        do { _ = try latencyProfile() } catch { throw .invalid("\(error)", at: "\(path).batches") }
    }

    fileprivate var json: JSON {
        [
            "executors": .integer(Int64(executors)), "threads": .integer(Int64(threads)),
            "batches": .array(batches.map(\.json)),
        ]
    }
}

extension MachineProfile.Batch {
    fileprivate init(_ json: JSON, at path: String) throws(InvalidConfiguration) {
        let members = try ConfigurationMembers(json, ["size", "p50_ms", "p99_ms", "memory_mb"], at: path)
        guard let size = try members.integer("size", 1...65_536) else {
            throw .expected("a whole number from 1 to 65536", at: "\(path).size")
        }
        guard let p99 = try members.number("p99_ms") else {
            throw .expected("a number of milliseconds above 0", at: "\(path).p99_ms")
        }
        self.size = size
        self.p99 = p99
        p50 = try members.number("p50_ms")
        memoryMegabytes = try members.number("memory_mb")
    }

    fileprivate var json: JSON {
        var members: [JSON.Member] = [.init("size", .integer(Int64(size)))]
        if let p50 { members.append(.init("p50_ms", .double(p50))) }
        members.append(.init("p99_ms", .double(p99)))
        if let memoryMegabytes { members.append(.init("memory_mb", .double(memoryMegabytes))) }
        return .object(members)
    }
}
