import Planning
import Simulation
import Wire

/// Maps of what is cheapest, for programs.
enum BreakEvenJSON {
    static func json(_ parts: [BreakEvenReport.Part]) -> JSON {
        .array(
            parts.map { part in
                [
                    "title": .string(part.title),
                    "rates": .array(part.map.rates.map { .double($0) }),
                    "latencies_ms": .array(part.map.latencies.map { .double($0 / .milliseconds(1)) }),
                    "cells": .array(part.map.cells.map { .array($0.map(cell)) }),
                ]
            }
        )
    }

    private static func cell(_ kinds: [SteadyCost]?) -> JSON {
        guard let kinds else { return .null }
        return .array(
            kinds.map { cost in
                [
                    "kind": .string(cost.kind.rawValue),
                    "offer": cost.offer.map { .string($0.pool) } ?? .null,
                    "instances": .integer(Int64(cost.instances)),
                    "dollars_per_hour": .double(cost.perHour.amount),
                ]
            }
        )
    }
}
