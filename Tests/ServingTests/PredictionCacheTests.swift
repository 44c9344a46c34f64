import ONNX
import Seeded
import Serving
import TestKit
import Testing

@Suite struct `A cache of predictions` {
    private typealias Cache = PredictionCache<Int>

    private static func key(_ number: Int, outputs: [Int] = [0]) -> PredictionKey {
        PredictionKey(inputs: [Tensor(.int64, shape: [1], numbers: [Int64(number)])], outputs: outputs)
    }

    private static func outputs(_ number: Int) -> [Tensor] {
        [Tensor(.int64, shape: [1], numbers: [Int64(number * number)])]
    }

    /// Asks, and computes what is not there.
    private static func get(_ number: Int, _ cache: inout Cache) -> (tensors: [Tensor], isHit: Bool) {
        switch cache.ask(key(number), 0) {
        case .hit(let tensors): return (tensors, true)
        case .wait, .run:
            _ = cache.finish(key(number), outputs(number))
            return (outputs(number), false)
        }
    }

    @Test func `gives what was computed for the same inputs`() {
        var cache = Cache(PredictionCacheLimits())
        #expect(!Self.get(3, &cache).isHit)
        let (tensors, isHit) = Self.get(3, &cache)
        #expect(isHit && tensors == Self.outputs(3))
        #expect(cache.report.hits == 1 && cache.report.misses == 1 && cache.report.entries == 1)
    }

    @Test func `tells shapes, types, texts and wanted outputs apart`() {
        let keys = [
            PredictionKey(inputs: [Tensor(.int64, shape: [1, 2], numbers: [Int64(1), 2])], outputs: [0]),
            PredictionKey(inputs: [Tensor(.int64, shape: [2, 1], numbers: [Int64(1), 2])], outputs: [0]),
            PredictionKey(inputs: [Tensor(.uint64, shape: [1, 2], numbers: [Int64(1), 2])], outputs: [0]),
            PredictionKey(inputs: [Tensor(.int64, shape: [1, 2], numbers: [Int64(1), 2])], outputs: [1]),
            PredictionKey(inputs: [Tensor(.bytes, shape: [2], .strings([[1], [2, 3]]))], outputs: [0]),
            PredictionKey(inputs: [Tensor(.bytes, shape: [2], .strings([[1, 2], [3]]))], outputs: [0]),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(keys.allSatisfy { $0.kept == $0 })
    }

    @Test func `lets equal requests share the run that is under way`() throws {
        var cache = Cache(PredictionCacheLimits())
        guard case .run = cache.ask(Self.key(1), 10) else { throw Unexpected() }
        guard case .wait = cache.ask(Self.key(1), 11), case .wait = cache.ask(Self.key(1), 12) else {
            throw Unexpected()
        }
        #expect(cache.finish(Self.key(1), Self.outputs(1)) == [11, 12])
        #expect(Self.get(1, &cache).isHit)
        #expect(cache.report.shared == 2 && cache.report.misses == 1)
    }

    @Test func `keeps nothing of a run that failed`() throws {
        var cache = Cache(PredictionCacheLimits())
        guard case .run = cache.ask(Self.key(1), 10), case .wait = cache.ask(Self.key(1), 11) else {
            throw Unexpected()
        }
        #expect(cache.finish(Self.key(1), nil) == [11])
        #expect(!Self.get(1, &cache).isHit)
    }

    @Test func `throws out what was not used since the hand came by`() {
        var cache = Cache(PredictionCacheLimits(entries: 3))
        for number in [1, 2, 3] { _ = Self.get(number, &cache) }
        #expect(Self.get(2, &cache).isHit)
        // Room for 4 is made by 1 or 3, not by 2, which was used.
        _ = Self.get(4, &cache)
        #expect(Self.get(2, &cache).isHit && Self.get(4, &cache).isHit)
        #expect(cache.report.evictions == 1 && cache.report.entries == 3)
    }

    @Test func `keeps nothing that is larger than it may be`() {
        var cache = Cache(PredictionCacheLimits(bytes: 600))
        let long = PredictionKey(
            inputs: [Tensor(.uint8, shape: [100], numbers: [UInt8](repeating: 1, count: 100))],
            outputs: [0]
        )
        guard case .run = cache.ask(long, 0) else { return }
        _ = cache.finish(long, Self.outputs(1))
        #expect(cache.report.entries == 0 && cache.report.bytes == 0)
        #expect(!Self.get(1, &cache).isHit && Self.get(1, &cache).isHit)
    }

    /// Against a dictionary that forgets nothing: what is answered is right, and the bounds hold.
    @Test func `never gives another's answer and never exceeds its bounds`() {
        let failure = firstFailure(of: 0..<50) { random in
            let limits = PredictionCacheLimits(
                entries: random.below(20) + 1,
                bytes: 528 * (random.below(20) + 1)
            )
            var cache = Cache(limits)
            for _ in 0..<500 {
                let number = random.below(3) == 0 ? random.below(40) : random.below(8)
                guard Self.get(number, &cache).tensors == Self.outputs(number) else { return false }
                guard cache.report.entries <= limits.entries, cache.report.bytes <= limits.bytes else {
                    return false
                }
            }
            return cache.report.hits + cache.report.misses == 500 && cache.report.hits > 0
        }
        #expect(failure == nil)
    }

    private struct Unexpected: Error {}
}
