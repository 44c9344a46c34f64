extension LoadForecaster {
    /// History that the first training needs.
    package static let minutesMin = LoadModels.rowsMin + 15 + LoadFeatures.warmUp

    /// Whether enough has come since the last training.
    ///
    /// That is an hour and a tenth of what was known then, at most twelve hours. Models that another series taught are kept for a day.
    package var isTrainingDue: Bool {
        guard let trainedMinute, let lastMinute = series.lastMinute else {
            return series.count >= (models == nil ? Self.minutesMin : 1440)
        }
        return lastMinute - trainedMinute >= min(max(60, (trainedMinute - series.start + 1) / 10), 720)
    }

    /// Trains on all that is known.
    ///
    /// The first training is rehearsed: models that know the first four fifths of the series forecast the last, so that the mix and the
    /// corrections start from outcomes. Later ones go on from there.
    /// - Returns: how good the forecasts of the rehearsal were, by horizon; empty when there was none.
    @discardableResult
    package mutating func train(
        settings: LoadModels.Settings = .init(),
        progress: (LoadModels.Progress) -> Void = { _ in }
    ) -> [ForecastScore] {
        let length = series.count
        let isRehearsed = models == nil && length >= 5 * LoadModels.rowsMin
        let scores = isRehearsed ? rehearse(settings, progress) : []
        guard
            let models = LoadModels(series, targets, settings: settings, before: models, progress: progress)
        else { return scores }
        self.models = models
        trainedMinute = series.lastMinute
        remember(models)
        return scores
    }

    private mutating func rehearse(
        _ settings: LoadModels.Settings,
        _ progress: (LoadModels.Progress) -> Void
    ) -> [ForecastScore] {
        var rehearsal = LoadForecaster(targets: targets)
        let split = series.count * 4 / 5
        var outcomes: [[ForecastScore.Outcome]] = targets.horizons.map { _ in [] }
        for t in 0..<series.count {
            rehearsal.observe(series.isMissing[t] ? nil : series.counts[t], minute: series.start + t)
            if t == split { rehearsal.train(settings, progress) }
            guard t >= split else { continue }
            for (h, forecast) in rehearsal.forecasts.enumerated() {
                guard let mean = targets.outcome(targets.all[3 * h], after: t, in: series),
                    let max = targets.outcome(targets.all[3 * h + 1], after: t, in: series)
                else { continue }
                outcomes[h].append(
                    ForecastScore.Outcome(forecast, last: series.counts[t], truth: (mean: mean, max: max))
                )
            }
        }
        (mixes, corrections, extremes) = (rehearsal.mixes, rehearsal.corrections, rehearsal.extremes)
        return outcomes.map { ForecastScore($0) }
    }

    private mutating func train(
        _ settings: LoadModels.Settings,
        _ progress: (LoadModels.Progress) -> Void
    ) {
        models = LoadModels(series, targets, settings: settings, before: nil, progress: progress)
        if let models { remember(models) }
    }

    /// Brings the network's memory to where it would be had it lived with the last hours.
    private mutating func remember(_ models: LoadModels) {
        memory = LSTM.State(units: models.network.lstm.units)
        var row: [Double] = []
        for t in max(LoadFeatures.warmUp, series.count - 241)..<max(LoadFeatures.warmUp, series.count) {
            LoadFeatures.row(series, t, &row)
            _ = models.network.step(models.network.scaling.scaled(row), &memory)
        }
    }
}
