extension Chart {
    /// What is one part of a sum.
    package struct Layer {
        package let name: String
        /// Class of the area.
        package let style: String
        /// One for each x.
        package let values: [Double]

        package init(name: String, style: String, values: [Double]) {
            (self.name, self.style, self.values) = (name, style, values)
        }
    }
}

extension Chart.Band {
    /// Areas one on top of the other, the first at the bottom, so that the upper edge is the sum.
    ///
    /// Layers that are nothing everywhere are left out.
    ///
    /// - Parameter x: ascending; where the layers' values are.
    package static func stacked(_ layers: [Chart.Layer], x: [Double]) -> [Chart.Band] {
        var base = [Double](repeating: 0, count: x.count)
        return layers.filter { $0.values.contains { $0 > 0 } }.map { layer in
            precondition(
                layer.values.count == x.count,
                "\(layer.name) has \(layer.values.count) values for \(x.count) places"
            )
            let points = x.indices.map { (x: x[$0], low: base[$0], high: base[$0] + layer.values[$0]) }
            base = points.map(\.high)
            return Chart.Band(name: layer.name, style: layer.style + " solid", points: points)
        }
    }
}
