package import Wire

/// The cloud's time, which runs `speed` times as fast as the machine's.
///
/// What takes minutes in AWS is told by this clock: the scheduler's ticks, boots, idle environments, interruption notices, the minutes of
/// metrics and their delay, spot prices, hours on the bill. Every time that a service says is of this clock: an event's `time`,
/// `launchTime`, metrics' timestamps. What takes milliseconds stays as it is: latencies, deadlines and time-outs of requests, heartbeats
/// between processes, and the signatures' time, which both sides take from the machine.
///
/// So a program must take minutes from what AWS tells it, as the controller does from its tick, and not from its own clock; on AWS the two
/// are the same. A shim that gave programs a faster clock was the alternative: it would have made a model of 2 ms one of 24 ms, and
/// let heartbeats go stale.
///
/// **Rates are kept, amounts are scaled.** At 12 times the speed a minute lasts 5 s, in which clients at 100 requests a second send 500
/// instead of 6,000. Each stands for 12: it counts so often in the metrics and on the bill. Then a rate from CloudWatch is the clients'
/// rate, a backend's capacity means the same to the planner, and Lambda's bill and EC2's, which runs on the same clock, compare as on AWS.
package struct CloudClock: Equatable, Sendable {
    package let start: WallClock
    package let speed: Double

    package init(start: WallClock, speed: Double) {
        precondition(speed >= 1, "\(speed) is slower than time")
        (self.start, self.speed) = (start, speed)
    }

    /// The cloud's time so long after the start.
    package func time(after elapsed: Duration) -> WallClock { start + elapsed * speed }

    /// How long something of the cloud's takes here.
    package func machineDuration(_ duration: Duration) -> Duration { duration / speed }

    /// How many requests of the cloud's a request stands for.
    package var weight: Double { speed }
}
