package import DequeModule

/// Requests in the order of their deadlines; those with the same one in the order in which they came.
package struct RequestQueue: Equatable, Sendable {
    package private(set) var requests: Deque<QueuedRequest> = []
    /// Rows of all of them.
    package private(set) var rows = 0
    /// No request in it is less important than this.
    package private(set) var priorityMax = 0

    package init() {}

    package var isEmpty: Bool { requests.isEmpty }
    package var count: Int { requests.count }
    package var first: QueuedRequest? { requests.first }

    /// Whether a request would be the last.
    package func endsBefore(_ request: QueuedRequest) -> Bool {
        requests.last.map { Self.precedes($0, request) } ?? true
    }

    /// Numbers are given in the order of arrival, so that a request that comes back finds its old place.
    private static func precedes(_ one: QueuedRequest, _ other: QueuedRequest) -> Bool {
        one.deadline == other.deadline ? one.id < other.id : one.deadline < other.deadline
    }

    package mutating func insert(_ request: QueuedRequest) {
        rows += request.rows
        priorityMax = isEmpty ? request.priority : max(priorityMax, request.priority)
        guard !endsBefore(request) else { return requests.append(request) }
        var (low, high) = (0, requests.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(requests[middle], request) { low = middle + 1 } else { high = middle }
        }
        requests.insert(request, at: low)
    }

    package mutating func remove(at index: Int) -> QueuedRequest {
        let request = requests.remove(at: index)
        rows -= request.rows
        return request
    }

    package mutating func remove(_ range: Range<Int>) -> [QueuedRequest] {
        let removed = Array(requests[range])
        requests.removeSubrange(range)
        rows -= removed.reduce(0) { $0 + $1.rows }
        return removed
    }

    package mutating func remove(id: UInt64) -> QueuedRequest? {
        requests.firstIndex { $0.id == id }.map { remove(at: $0) }
    }
}

extension RequestQueue {
    /// Takes out the least important request, the most patient of several, if it is less important than `priority`.
    package mutating func removeLeastImportant(than priority: Int) -> QueuedRequest? {
        guard priorityMax > priority else { return nil }
        let worst = requests.indices.max { (requests[$0].priority, $0) < (requests[$1].priority, $1) }
        guard let worst, requests[worst].priority > priority else { return nil }
        return remove(at: worst)
    }
}
