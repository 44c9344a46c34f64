package import Wire

/// What a stack's show has beyond what the stack itself knows.
package struct ShowConfiguration: Sendable {
    /// A load that somebody replays against the front.
    package struct Demo: Sendable {
        /// What the load is called.
        package let trace: String
        /// In the cloud's time.
        package let length: Duration

        package init(trace: String, length: Duration) { (self.trace, self.length) = (trace, length) }
    }

    /// What one can try by hand.
    package var models: [TriedModel] = []
    /// What others would have asked; nil for not to be compared.
    package var pricing: LoadRecord.Pricing?
    package var demo: Demo?
    /// Lets so many more requests a second come for a time of the machine's; nil where nobody makes any load.
    package var surge: (@Sendable (_ rate: Double, _ time: Duration) -> Void)?
    /// Hears of each milestone of a demo.
    package var tell: @Sendable (Story.Milestone) -> Void = { _ in }
    /// Hears of each second.
    package var report: @Sendable (ShowReport) -> Void = { _ in }

    package init() {}
}

/// All that a summary is made of.
package struct ShowReport: Sendable {
    package let point: ShowPoint
    package let totals: Show.Totals
    /// The bill, as in `GET /cloud/state`.
    package let bill: JSON
    /// The step of the story that is waited for; nil after the last, and without a demo.
    package let step: Story.Step?
}
