/// Time that admission keeps free before deadlines, as much as recent lateness asks for.
///
/// A machine that stalls for 10 ms makes everyone late who was admitted to the last millisecond. Each late request adds 0.5 % of the
/// objective, each one in time takes 0.1 % of the reserve away: with 1 % of requests late it settles at 5 % of the objective.
struct AdmissionReserve: Equatable, Sendable {
    private(set) var time = Duration.zero
    private let step: Duration
    private let max: Duration

    init(slo: Duration) {
        step = slo / 200
        max = slo / 5
    }

    mutating func ended(late: Bool) {
        time = late ? Swift.min(time + step, max) : Duration(inSeconds: time.inSeconds * 0.999)
    }
}
