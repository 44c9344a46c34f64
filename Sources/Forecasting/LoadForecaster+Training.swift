extension LoadForecaster {
    /// Whether enough has come since the last training.
    ///
    /// That is an hour and a tenth of what was known then, at most twelve hours. Models that another series taught are kept for a day.
    package var isTrainingDue: Bool {
        guard let trainedAt else {
            let rows = models == nil ? LoadModels.rowsMin : 1440
            return series.count >= rows + targets.horizonMax + LoadFeatures.warmUp
        }
        return series.count - trainedAt >= min(max(60, trainedAt / 10), 720)
    }

    /// Trains on all that is known.
    ///
    /// The first training is rehearsed: models that know the first four fifths of the series forecast the last, so that the mix and the
    /// corrections start from outcomes. Later ones go on from there.
    package mutating func train(
        settings: LoadModels.Settings = .init(),
        progress: (LoadModels.Progress) -> Void = { _ in }
    ) {
        let length = series.count
        if models == nil, length >= 5 * LoadModels.rowsMin { rehearse(settings, progress) }
        guard
            let models = LoadModels(series, targets, settings: settings, before: models, progress: progress)
        else { return }
        self.models = models
        trainedAt = length
        remember(models)
    }

    private mutating func rehearse(_ settings: LoadModels.Settings, _ progress: (LoadModels.Progress) -> Void)
    {
        var rehearsal = LoadForecaster(targets: targets)
        let split = series.count * 4 / 5
        for t in 0..<series.count {
            rehearsal.observe(series.isMissing[t] ? nil : series.counts[t], minute: series.start + t)
            guard t == split else { continue }
            guard
                let models = LoadModels(
                    rehearsal.series,
                    targets,
                    settings: settings,
                    before: nil,
                    progress: progress
                )
            else { return }
            rehearsal.models = models
            rehearsal.remember(models)
        }
        (mixes, corrections, extremes) = (rehearsal.mixes, rehearsal.corrections, rehearsal.extremes)
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
