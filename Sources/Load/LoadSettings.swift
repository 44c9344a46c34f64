/// What load to make.
package struct LoadSettings: Sendable {
    /// IPv4 or IPv6 address, or a name.
    package var host: String
    package var port: Int
    /// Sent in turn.
    package var requests: [LoadRequest]
    package var arrivals: Arrivals
    package var duration: Duration
    /// At the start, sent but not counted.
    package var warmUp = Duration.zero
    package var slo: Duration
    /// Open at most; requests beyond wait for one, and their latency counts.
    package var connections = 512
    package var timeout = Duration.seconds(10)

    package init(
        host: String,
        port: Int,
        requests: [LoadRequest],
        arrivals: Arrivals,
        duration: Duration,
        slo: Duration
    ) {
        self.host = host
        self.port = port
        self.requests = requests
        self.arrivals = arrivals
        self.duration = duration
        self.slo = slo
    }
}
