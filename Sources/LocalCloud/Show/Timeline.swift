package import Wire

/// The points and decisions so far, for whoever comes late: bounded, as the older points grow coarser.
package struct Timeline: Equatable, Sendable {
    package private(set) var points: [ShowPoint] = []
    package private(set) var decisions: [JSON] = []

    package let pointsMax: Int
    private static let decisionsMax = 500

    package init(pointsMax: Int = 10_000) {
        precondition(pointsMax >= 4, "\(pointsMax) points cannot be thinned")
        self.pointsMax = pointsMax
    }

    /// Takes a point; when there are too many, two of the older half become one, all the way.
    ///
    /// So the newer half has each second, and what is older has fewer points the older it is; no count is lost.
    package mutating func add(_ point: ShowPoint) {
        points.append(point)
        guard points.count > pointsMax else { return }
        let older = points.count / 4 * 2
        var thinned: [ShowPoint] = []
        thinned.reserveCapacity(points.count)
        for index in stride(from: 0, to: older, by: 2) {
            thinned.append(points[index + 1].merged(with: points[index]))
        }
        points = thinned + points[older...]
    }

    package mutating func add(decision: JSON) {
        decisions.append(decision)
        if decisions.count > Self.decisionsMax { decisions.removeFirst() }
    }

    package var json: JSON {
        ["points": .array(points.map(\.json)), "decisions": .array(decisions)]
    }
}
