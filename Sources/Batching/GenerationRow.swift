/// A row of a step: a text, or one of the hypotheses of a text that is searched for.
package struct GenerationRow: Equatable, Sendable {
    /// The request's.
    package let id: UInt64
    /// From 0 on; a text with fewer rows has the lower ones.
    package let lane: Int

    package init(id: UInt64, lane: Int = 0) { (self.id, self.lane) = (id, lane) }
}
