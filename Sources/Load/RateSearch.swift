/// Finds the highest rate that a server holds: doubling until one fails, then bisection.
package struct RateSearch: Equatable, Sendable {
    /// The highest rate that held, and the lowest that did not.
    package private(set) var held: Double?
    package private(set) var failed: Double?
    private let first: Double
    private let precision: Double

    /// - Parameters:
    ///   - first: the rate to begin with.
    ///   - precision: the bracket that is good enough, as a share of the rate.
    package init(first: Double, precision: Double = 0.03) {
        precondition(first > 0 && precision > 0, "a search begins at a rate above 0")
        self.first = first
        self.precision = precision
    }

    /// The next rate to try; nil when the answer is known: `held`, or no rate at all.
    package var next: Double? {
        switch (held, failed) {
        case (nil, nil): first
        case (let held?, nil): held * 2
        case (nil, let failed?): failed > first / 1024 ? failed / 2 : nil
        case (let held?, let failed?): failed / held > 1 + precision ? (held + failed) / 2 : nil
        }
    }

    package mutating func tried(_ rate: Double, holds: Bool) {
        if holds { held = max(held ?? 0, rate) } else { failed = min(failed ?? .infinity, rate) }
    }
}
