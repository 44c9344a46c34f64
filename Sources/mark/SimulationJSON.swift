import Planning
import Simulation
import Wire

/// A study for programs.
enum SimulationJSON {
    static func json(_ study: SimulationStudy) -> JSON {
        [
            "trace": .string(study.trace), "minutes": .integer(Int64(study.track.counts.count)),
            "workload": .string(study.workload.name),
            "slo_ms": .double(study.workload.slo / .milliseconds(1)),
            "target": .double(study.workload.target),
            "mode": .string(study.mode), "seed": .integer(Int64(clamping: study.seed)),
            "optimum_dollars": study.optimum.map { .double($0.amount) } ?? .null,
            "lower_bound_dollars": study.lowerBound.map { .double($0.amount) } ?? .null,
            "policies": .array(study.runs.map { json($0, study) }),
        ]
    }

    private static func json(_ run: SimulationStudy.Run, _ study: SimulationStudy) -> JSON {
        let result = run.result
        let optimum = study.optimum.flatMap { $0 > .zero ? $0 : nil }
        let ledger = Ledger.Line.allCases.filter { result.ledger[$0] > .zero }
        return [
            "policy": .string(result.policy), "family": .string(run.family),
            "dollars": .double(result.ledger.total.amount),
            "dollars_per_million": .double(result.dollarsPerMillion),
            "of_optimum": optimum.map { .double(result.ledger.total / $0) } ?? .null,
            "requests": .double(result.requests), "in_time": .double(result.attainment),
            "late": .double(result.late), "refused": .double(result.refused),
            "lambda_share": .double(result.lambdaShare), "cold_starts": .double(result.coldStarts),
            "launches": .integer(Int64(result.launches)),
            "interruptions": .integer(Int64(result.interruptions)),
            "latency_ms": result.latency.map(json) ?? .null,
            "hours": .object(
                zip(CapacityKind.allCases, result.instanceHours).map { .init($0.rawValue, .double($1)) }
            ),
            "bill": .object(ledger.map { .init($0.rawValue, .double(result.ledger[$0].amount)) }),
        ]
    }

    private static func json(_ latency: SimulationResult.Latency) -> JSON {
        [
            "p50": .double(latency.p50), "p90": .double(latency.p90), "p99": .double(latency.p99),
            "p99.9": .double(latency.p999), "max": .double(latency.max),
        ]
    }
}
