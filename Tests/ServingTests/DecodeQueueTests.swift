import Batching
import Serving
import Testing

@Suite struct `The queue of pictures to decode` {
    @Test func `admits what is decoded in time, and refuses what would be late`() {
        // 12 ns a pixel: 1 M pixels and the overhead take 12.2 ms on one thread.
        var queue = DecodeQueue(workers: 1)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(13), now: .zero) == nil)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(13), now: .zero)?.reason == .late)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(25), now: .zero) == nil)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(12), now: .zero)?.reason == .hopeless)
        queue.finish(pixels: 1_000_000, took: .milliseconds(12))
        queue.finish(pixels: 1_000_000, took: nil)
        #expect(queue.isIdle)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(13), now: .zero) == nil)
    }

    @Test func `divides what waits among its threads`() {
        var queue = DecodeQueue(workers: 2)
        for _ in 0..<2 { #expect(queue.admit(pixels: 1_000_000, latest: .seconds(1), now: .zero) == nil) }
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(24), now: .zero)?.reason == .late)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(25), now: .zero) == nil)
    }

    @Test func `learns how long pictures take`() {
        var queue = DecodeQueue(workers: 1)
        for _ in 0..<30 {
            _ = queue.admit(pixels: 1_000_000, latest: .seconds(9), now: .zero)
            queue.finish(pixels: 1_000_000, took: .milliseconds(100))
        }
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(95), now: .zero)?.reason == .hopeless)
        #expect(queue.admit(pixels: 1_000_000, latest: .milliseconds(105), now: .zero) == nil)
    }

    @Test func `holds no more files than it may`() {
        var queue = DecodeQueue(workers: 1)
        for _ in 0..<1024 { #expect(queue.admit(pixels: 1, latest: .seconds(9), now: .zero) == nil) }
        #expect(queue.admit(pixels: 1, latest: .seconds(9), now: .zero)?.reason == .full)
    }
}
