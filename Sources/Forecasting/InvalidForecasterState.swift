/// Bytes that are not the state of a forecaster.
package struct InvalidForecasterState: Error, Equatable, CustomStringConvertible {
    private let reason: String

    init(_ reason: String) { self.reason = reason }

    package var description: String {
        "this is not the state of a load forecaster: \(reason); make one with `mark train`"
    }
}
