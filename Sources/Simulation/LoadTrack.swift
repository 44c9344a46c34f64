package import Forecasting

/// A recorded load with the forecasts that the production forecaster would have made of it, minute by minute.
///
/// Forecasts do not depend on what is decided by them, so all policies and both modes of simulation share one track.
package struct LoadTrack: Equatable, Sendable {
    /// Requests of each minute; nil where nobody knows (none came then, as far as the simulation goes).
    package let counts: [Double?]
    /// By minute: what was known at its end of those after it; empty without a forecaster.
    package let forecasts: [[LoadForecast]]

    /// What an observation holds of the past.
    package static let minutesMax = 120

    /// A load that nobody forecasts.
    package init(_ counts: [Double?]) { (self.counts, forecasts) = (counts, counts.map { _ in [] }) }

    package init(_ counts: [Double?], forecasts: [[LoadForecast]]) {
        precondition(counts.count == forecasts.count, "as many forecasts as minutes")
        (self.counts, self.forecasts) = (counts, forecasts)
    }

    /// Runs the forecaster over the load, training it whenever that is due.
    ///
    /// - Parameters:
    ///   - start: the first minute's number, since midnight of any day.
    ///   - forecaster: what it knows before; as `mark train` writes it.
    package init(
        _ counts: [Double?],
        start: Int,
        forecaster: LoadForecaster = LoadForecaster(),
        settings: LoadModels.Settings = .init(),
        progress: (_ done: Int) -> Void = { _ in }
    ) {
        var forecaster = forecaster
        var forecasts: [[LoadForecast]] = []
        for (t, count) in counts.enumerated() {
            forecaster.observe(count, minute: start + t)
            forecasts.append(forecaster.forecasts)
            if forecaster.isTrainingDue { forecaster.train(settings: settings) }
            progress(t + 1)
        }
        (self.counts, self.forecasts) = (counts, forecasts)
    }

    /// The same load, so many times as large, with what was forecast of it.
    package func scaled(by factor: Double) -> LoadTrack {
        precondition(factor >= 0, "a load times \(factor)")
        return LoadTrack(
            counts.map { $0.map { $0 * factor } },
            forecasts: forecasts.map { $0.map { $0 * factor } }
        )
    }

    /// What came in a minute, for the simulation.
    package func requests(_ minute: Int) -> Double { counts[minute] ?? 0 }

    /// The demand that an observation at the end of a minute tells.
    package func demand(through minute: Int) -> [Double?] {
        Array(counts[max(0, minute - Self.minutesMax + 1)...minute])
    }
}
