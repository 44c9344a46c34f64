extension EnvironmentPool {
    /// Environments that are kept ready before anyone asks: provisioned concurrency.
    ///
    /// Simpler than Lambda's, which counts them for one version only and beside the others: whatever environments are there serve all, and
    /// so many of them are not reaped.
    package struct Ahead: Equatable, Sendable {
        package internal(set) var wanted = 0
        /// Starts that failed one after another.
        var failures = 0
        /// Those that were started for this.
        var started: Set<EnvironmentID> = []

        static let failuresMax = 2

        package var hasFailed: Bool { failures >= Self.failuresMax }
    }
}
