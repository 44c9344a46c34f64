/// Instances as layers under the demand: those at the bottom get requests first, those at the top are let go first.
///
/// The cheaper request lies below the dearer, and at the same price who serves below who does not yet; so an expensive instance is at
/// the top, and goes as soon as cheaper ones suffice. What replaces it lies below it while it boots, or it would itself seem idle.
package struct FleetStack: Equatable, Sendable {
    package struct Layer: Equatable, Sendable {
        package let instance: Instance
        /// Requests a minute that lie below it, and that it takes.
        package let base: Double
        package let capacity: Double
        /// Dollars a minute.
        package let price: Double
    }

    package private(set) var layers: [Layer] = []

    /// - Parameters:
    ///   - capacity: requests a minute of an instance.
    ///   - price: its dollars a minute.
    package init(
        _ instances: [Instance],
        capacity: (Instance) -> Double,
        price: (Instance) -> Double
    ) {
        stack(
            instances.map { Layer(instance: $0, base: 0, capacity: capacity($0), price: price($0)) }
                .sorted(by: Self.precedes)
        )
    }

    private static func precedes(_ one: Layer, _ other: Layer) -> Bool {
        let prices = (one.price * other.capacity, other.price * one.capacity)
        if prices.0 != prices.1 { return prices.0 < prices.1 }
        if one.instance.isServing != other.instance.isServing { return one.instance.isServing }
        return (one.instance.launchedAt, one.instance.id) < (other.instance.launchedAt, other.instance.id)
    }

    /// One upon the other, in this order.
    private mutating func stack(_ sorted: [Layer]) {
        layers = []
        for next in sorted {
            layers.append(
                Layer(instance: next.instance, base: top, capacity: next.capacity, price: next.price)
            )
        }
    }

    /// Puts one where it belongs by its price.
    package mutating func insert(_ instance: Instance, capacity: Double, price: Double) {
        let layer = Layer(instance: instance, base: 0, capacity: capacity, price: price)
        stack((layers + [layer]).sorted(by: Self.precedes))
    }

    /// Takes one out; those above it move down.
    package mutating func remove(_ id: String) {
        stack(layers.filter { $0.instance.id != id })
    }

    package mutating func removeTop() { layers.removeLast() }

    /// The topmost as it is while those below it that boot cannot serve: it lies so much lower.
    package var topServing: Layer? {
        guard let top = layers.last, top.instance.isServing else { return layers.last }
        let booting = layers.reduce(0) { $0 + ($1.instance.isServing ? 0 : $1.capacity) }
        return Layer(
            instance: top.instance,
            base: max(0, top.base - booting),
            capacity: top.capacity,
            price: top.price
        )
    }

    /// Requests a minute that all of them take.
    package var top: Double { layers.last.map { $0.base + $0.capacity } ?? 0 }
    package var pricePerHour: Double { 60 * layers.reduce(0) { $0 + $1.price } }
}
