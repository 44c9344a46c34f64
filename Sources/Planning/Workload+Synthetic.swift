import Batching
import Forecasting

extension Workload {
    /// A model of which one number is known: how long one request takes on one vCPU.
    ///
    /// From it, what `mark profile` would measure on every type of the catalogue follows by these rules:
    /// - Speed: the time is that of a vCPU of c5.large. Other types are faster or slower as CoreMark says of one of their vCPUs; types
    ///   without a CoreMark number are taken for as fast.
    /// - Threads: a request runs on as few vCPUs as keep the objective, a power of two. Each doubling makes it 1.8 times as fast
    ///   (measured on ONNX Runtime: 1.7 to 1.9 for pictures, transformers and LSTMs). A machine has vCPUs / threads executors.
    /// - Batches: 32 rows take 32 / `batchingGain` times as long as one, and the time is linear between.
    /// - Burstable types are profiled while they burst, as fast as their CoreMark; the planner counts on their baseline only.
    /// - Lambda has a vCPU per 1,769 MB of memory (AWS Lambda Developer Guide, "Configure function memory"), below that a share of one.
    /// - Machines with an accelerator cannot be derived from a CPU: they need a profile that was measured.
    package struct Synthetic: Equatable, Sendable {
        package var name: String
        /// Of one request on one vCPU of c5.large.
        package var latency: Duration
        /// Rows per second of batches of 32 over those of single rows: 1 for convolutional networks, 10 for an LSTM.
        package var batchingGain: Double
        /// Memory of a process that has the model loaded.
        package var residentMiB: Int
        /// From the start of a cold Lambda environment to the first request's run.
        package var initTime: Duration
        /// Of the function; nil for as little as keeps the objective.
        package var memoryMiB: Int?

        package init(
            name: String,
            latency: Duration,
            batchingGain: Double = 1,
            residentMiB: Int = 512,
            initTime: Duration = .milliseconds(500),
            memoryMiB: Int? = nil
        ) {
            (self.name, self.latency, self.batchingGain) = (name, latency, batchingGain)
            (self.residentMiB, self.initTime, self.memoryMiB) = (residentMiB, initTime, memoryMiB)
        }
    }

    /// Memory that buys a vCPU.
    package static let memoryOfVCPU = 1769.0
    package static let batchOfGain = 32
    /// What AWS offers.
    package static let functionMemory = 128...10_240
    static let speedupOfTwoThreads = 1.8
    /// What the system takes of a machine's memory.
    static let systemMiB = 256
    static let reference = "c5.large"

    /// - Parameters:
    ///   - margin: what of the objective is kept for the network and jitter.
    ///   - measured: profiles that are known, by type; they take the place of derived ones.
    package static func synthetic(
        _ model: Synthetic,
        slo: Duration,
        target: Double,
        margin: Duration,
        catalogue: Catalogue,
        measured: [String: Machine] = [:]
    ) throws(InvalidSynthetic) -> Workload {
        guard model.latency > .zero else { throw .latency(model.latency) }
        guard (1...Double(batchOfGain)).contains(model.batchingGain) else { throw .gain(model.batchingGain) }
        guard target > 0, target < 1 else { throw .target(target) }
        guard margin >= .zero, slo > margin else { throw .slo(slo, margin: margin) }
        let function = try function(model, within: slo - margin)
        var machines: [String: Machine] = [:]
        for type in catalogue.types where !type.hasAccelerator {
            machines[type.name] = machine(model, type, within: slo - margin, catalogue)
        }
        return Workload(
            name: model.name,
            slo: slo,
            target: target,
            margin: margin,
            function: function,
            machines: machines.merging(measured) { $1 }
        )
    }

    /// How many times as fast as one vCPU several are for one request; less than one vCPU is a share of it.
    static func speed(vCPUs: Double) -> Double {
        guard vCPUs > 1 else { return vCPUs }
        return Elementary.exp(Elementary.log(speedupOfTwoThreads) / Elementary.log(2) * Elementary.log(vCPUs))
    }

    // MARK: Lambda

    private static func function(
        _ model: Synthetic,
        within time: Duration
    ) throws(InvalidSynthetic) -> Function {
        func latency(_ memory: Int) -> Duration {
            model.latency / speed(vCPUs: Double(memory) / memoryOfVCPU)
        }
        let powers = [1.0, 2, 4].map { Int($0 * memoryOfVCPU) }
        let memory = model.memoryMiB ?? powers.first { latency($0) <= time } ?? functionMemory.upperBound
        guard functionMemory.contains(memory) else { throw .memory(memory) }
        return Function(memoryMiB: memory, latency: latency(memory), initTime: model.initTime)
    }

    // MARK: Machines

    /// Nil when the model does not fit into its memory, or its vCPUs together do not keep the objective.
    private static func machine(
        _ model: Synthetic,
        _ type: InstanceType,
        within time: Duration,
        _ catalogue: Catalogue
    ) -> Machine? {
        guard type.memoryMiB >= model.residentMiB + systemMiB else { return nil }
        let alone = model.latency / coreSpeed(type, catalogue)
        var threads = 1
        while alone / speed(vCPUs: Double(threads)) > time, threads * 2 <= type.vCPUs { threads *= 2 }
        let one = alone / speed(vCPUs: Double(threads))
        let points = [(1, one), (batchOfGain, one * (Double(batchOfGain) / model.batchingGain))]
        guard one <= time, let profile = try? LatencyProfile(points) else { return nil }
        return Machine(executors: type.vCPUs / threads, profile: profile)
    }

    /// Of a vCPU, relative to the reference's.
    package static func coreSpeed(_ type: InstanceType, _ catalogue: Catalogue) -> Double {
        guard let reference = catalogue[reference], let base = reference.coreMark, let mark = type.coreMark
        else { return 1 }
        return mark / Double(type.vCPUs) / (base / Double(reference.vCPUs))
    }
}
