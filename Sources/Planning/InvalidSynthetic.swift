/// Why no workload can be made of what is known of a model.
package enum InvalidSynthetic: Error, Equatable, CustomStringConvertible {
    case latency(Duration)
    case gain(Double)
    case target(Double)
    case slo(Duration, margin: Duration)
    case memory(Int)

    package var description: String {
        switch self {
        case .latency(let latency):
            "the latency of one request is \(latency); expected more than 0 ms: measure it with `mark profile`"
        case .gain(let gain):
            "the batching gain is \(gain); expected 1 (a batch saves nothing) to 32: throughput of batches of 32 over that of single rows"
        case .target(let target):
            "the target is \(target); expected a share of the requests between 0 and 1, as 0.98"
        case .slo(let slo, let margin):
            "the objective is \(slo), of which \(margin) are kept for the network; expected more: raise --slo-ms, or lower --margin-ms"
        case .memory(let memory):
            "the function's memory is \(memory) MB; expected 128 to 10240"
        }
    }
}
