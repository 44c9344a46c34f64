package import Seeded

/// The first seed for which a property does not hold; nil when it holds for all.
///
/// `#expect(firstFailure(of: 0..<200) { seed in … } == nil)` names the seed when it fails, and runs it alone with `seed..<seed + 1`.
package func firstFailure(
    of seeds: Range<UInt64>,
    _ property: (inout SeededGenerator) throws -> Bool
) rethrows -> UInt64? {
    for seed in seeds {
        var generator = SeededGenerator(seed: seed)
        if try !property(&generator) { return seed }
    }
    return nil
}
