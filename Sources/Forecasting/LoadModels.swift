/// The forecasters that have to be trained, for all targets.
package struct LoadModels: Equatable, Sendable {
    package struct Settings: Equatable, Sendable {
        /// Minutes to learn from, the newest ones: two weeks.
        package var rowsMax = 20_160
        /// Of them, what the linear models take: every so many minutes.
        var regressionRowsMax = 5000
        package var trees = GradientBoostedTrees.Settings()
        package var network = NetworkTraining.Settings()
        package var seed: UInt64 = 1

        package init() {}
    }

    package enum Progress: Equatable, Sendable {
        /// So many of the targets' models are done.
        case targets(Int, of: Int)
        case epoch(Int, of: Int, loss: Double, validation: Double)
    }

    /// One a target.
    package let regressions: [QuantileRegression]
    package let trees: [GradientBoostedTrees]
    package let network: LoadNetwork

    /// Names in tables, in the order of `forecasts`.
    package static let names = ["ridge", "trees", "lstm"]
    package static let count = names.count

    package init(regressions: [QuantileRegression], trees: [GradientBoostedTrees], network: LoadNetwork) {
        (self.regressions, self.trees, self.network) = (regressions, trees, network)
    }

    /// - Parameter before: models whose network is trained further.
    /// - Returns: nil when there is too little to learn from.
    package init?(
        _ series: LoadSeries,
        _ targets: LoadTargets,
        settings: Settings,
        before: LoadModels?,
        progress: (Progress) -> Void
    ) {
        let table = TrainingTable(series, targets, rowsMax: settings.rowsMax)
        guard table.rows >= Self.rowsMin else { return nil }
        let binned = BinnedTable(rows: table.rows, columns: LoadFeatures.count, values: table.values)
        let every = max(1, table.rows / settings.regressionRowsMax)
        let chosen = Array(stride(from: table.rows % every, to: table.rows, by: every))
        let standard = QuantileRegression.StandardTable(
            rows: chosen.count,
            columns: LoadFeatures.count,
            values: (0..<LoadFeatures.count).flatMap { column in
                chosen.map { table.values[column * table.rows + $0] }
            },
            usable: { !LoadFeatures.calendarColumns.contains($0) }
        )
        var (regressions, trees): ([QuantileRegression], [GradientBoostedTrees]) = ([], [])
        for (position, target) in targets.all.enumerated() {
            let outcomes = table.outcomes[position]
            regressions.append(
                QuantileRegression(standard, targets: chosen.map { outcomes[$0] }, level: target.level)
            )
            trees.append(
                GradientBoostedTrees(
                    binned,
                    targets: outcomes,
                    level: target.level,
                    settings: settings.trees,
                    seed: settings.seed &+ UInt64(position)
                )
            )
            progress(.targets(position + 1, of: targets.count))
        }
        let training = NetworkTraining(
            table,
            targets,
            settings: settings.network,
            before: before?.network,
            seed: settings.seed
        )
        network = training.run(progress: progress)
        (self.regressions, self.trees) = (regressions, trees)
    }

    /// Rows that are worth learning from.
    package static let rowsMin = 240

    /// What each says of a target, as a log load relative to the level.
    package func forecasts(_ row: [Double], _ target: Int, network said: [Double]) -> [Double] {
        [regressions[target].predict(row), trees[target].predict(row), said[target]]
    }
}
