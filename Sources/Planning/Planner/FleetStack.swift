/// Instances as layers under the demand: those at the bottom get requests first, those at the top are let go first.
///
/// Who serves already lies below who does not, and within each the cheaper request below the dearer; so an expensive instance is at
/// the top, and goes as soon as cheaper ones suffice.
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
        let sorted = instances.map { (instance: $0, capacity: capacity($0), price: price($0)) }
            .sorted { one, other in
                if one.instance.isServing != other.instance.isServing { return one.instance.isServing }
                let prices = (one.price * other.capacity, other.price * one.capacity)
                if prices.0 != prices.1 { return prices.0 < prices.1 }
                return (one.instance.launchedAt, one.instance.id)
                    < (other.instance.launchedAt, other.instance.id)
            }
        for next in sorted { append(next.instance, capacity: next.capacity, price: next.price) }
    }

    package mutating func append(_ instance: Instance, capacity: Double, price: Double) {
        layers.append(Layer(instance: instance, base: top, capacity: capacity, price: price))
    }

    /// Takes one out; those above it move down.
    package mutating func remove(_ id: String) {
        let rest = layers.filter { $0.instance.id != id }
        layers = []
        for layer in rest { append(layer.instance, capacity: layer.capacity, price: layer.price) }
    }

    package mutating func removeTop() { layers.removeLast() }

    /// Requests a minute that all of them take.
    package var top: Double { layers.last.map { $0.base + $0.capacity } ?? 0 }
    package var pricePerHour: Double { 60 * layers.reduce(0) { $0 + $1.price } }
}
