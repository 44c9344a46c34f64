import LocalCloud
import Seeded
import TestKit
import Testing

@Suite struct `a pool of environments` {
    private let limits = {
        var limits = EnvironmentPool.Limits()
        limits.environments = 2
        limits.queue = 3
        limits.queueWait = .seconds(60)
        limits.initialization = .seconds(10)
        limits.timeout = .seconds(30)
        limits.idle = .seconds(300)
        return limits
    }()

    @Test(arguments: [
        (
            "the first invocation starts an environment and gets it",
            "0 submit a\n1 ready 1\n2 answered 1",
            "0 start 1\n1 a to 1"
        ),
        (
            "an idle environment is used again",
            "0 submit a\n1 ready 1\n2 answered 1\n2 ready 1\n5 submit b",
            "0 start 1\n1 a to 1\n5 b to 1"
        ),
        (
            "an answered invocation is over only when the next event is asked for",
            "0 submit a\n1 ready 1\n2 answered 1\n3 submit b\n4 ready 1",
            "0 start 1\n1 a to 1\n3 start 2\n4 b to 1"
        ),
        (
            "a busy environment makes another start, up to the limit",
            "0 submit a\n0 submit b\n0 submit c\n1 ready 2\n2 ready 1\n3 answered 2\n3 ready 2",
            "0 start 1\n0 start 2\n1 a to 2\n2 b to 1\n3 c to 2"
        ),
        (
            "whoever is ready first takes the invocation that waited longest",
            "0 submit a\n1 ready 1\n2 submit b\n3 answered 1\n3 ready 1\n4 ready 2\n5 submit c",
            "0 start 1\n1 a to 1\n2 start 2\n3 b to 1\n5 c to 2"
        ),
        (
            "the environment used last is used next",
            """
            0 submit a\n0 submit b\n1 ready 1\n1 ready 2\n2 answered 2\n2 ready 2\n3 answered 1\n3 ready 1
            4 submit c
            """,
            "0 start 1\n0 start 2\n1 a to 1\n1 b to 2\n4 c to 1"
        ),
        (
            "an idle environment is reaped, each at its own time",
            """
            0 submit a\n0 submit b\n1 ready 1\n1 ready 2\n2 answered 1\n2 ready 1\n9 answered 2\n9 ready 2
            400 submit c
            """,
            "0 start 1\n0 start 2\n1 a to 1\n1 b to 2\n302 kill 1\n309 kill 2\n400 start 3"
        ),
        (
            "use puts off the reaping",
            """
            0 submit a\n1 ready 1\n2 answered 1\n2 ready 1\n200 submit b\n201 answered 1\n201 ready 1
            600 end
            """,
            "0 start 1\n1 a to 1\n200 b to 1\n501 kill 1"
        ),
    ])
    func `serves`(story: String, script: String, actions: String) {
        #expect(PoolStory.play(script, limits) == actions, "\(story)")
    }

    @Test(arguments: [
        (
            "an invocation that runs too long is killed, and the next one has a new environment",
            "0 submit a\n1 ready 1\n40 submit b",
            "0 start 1\n1 a to 1\n31 kill 1\n31 a fails: timedOut\n40 start 2"
        ),
        (
            "what dies with an invocation fails it",
            "0 submit a\n1 ready 1\n3 exit 1\n4 submit b",
            "0 start 1\n1 a to 1\n3 a fails: crashed(1)\n4 start 2"
        ),
        (
            "what dies after its answer fails nobody",
            "0 submit a\n1 ready 1\n2 answered 1\n3 exit 1\n4 submit b",
            "0 start 1\n1 a to 1\n4 start 2"
        ),
        (
            "what answers and never asks again is killed",
            "0 submit a\n1 ready 1\n2 answered 1\n99 end",
            "0 start 1\n1 a to 1\n32 kill 1"
        ),
        (
            "a death makes room for those who wait",
            "0 submit a\n0 submit b\n0 submit c\n1 ready 1\n1 ready 2\n5 exit 2",
            "0 start 1\n0 start 2\n1 a to 1\n1 b to 2\n5 b fails: crashed(2)\n5 start 3"
        ),
        (
            "a start that fails is tried once more and then ends",
            "0 submit a\n1 exit 1\n2 exit 2\n99 end",
            "0 start 1\n1 start 2\n2 a fails: crashed(2)"
        ),
        (
            "a start that fails once is no harm",
            "0 submit a\n1 exit 1\n2 ready 2",
            "0 start 1\n1 start 2\n2 a to 2"
        ),
        (
            "a start that takes too long is tried once more with the function's timeout",
            "0 submit a\n99 end",
            "0 start 1\n10 kill 1\n11 start 2\n41 kill 2\n41 a fails: initializationTimedOut(2)"
        ),
        (
            "a start is not repeated when nobody waits for it any more",
            "0 submit a\n1 ready 1\n2 submit b\n3 answered 1\n3 ready 1\n4 exit 2\n9 end",
            "0 start 1\n1 a to 1\n2 start 2\n3 b to 1"
        ),
        (
            "one too many is refused at once",
            "0 submit a\n0 submit b\n0 submit c\n1 submit d",
            "0 start 1\n0 start 2\n1 d fails: throttled"
        ),
        (
            "who waits too long is refused",
            "0 submit a\n1 ready 1\n2 submit b\n3 ready 2\n4 submit c\n29 answered 1\n30 answered 2\n70 end",
            """
            0 start 1\n1 a to 1\n2 start 2\n3 b to 2\n59 kill 1\n60 start 3\n60 kill 2
            64 c fails: throttled\n70 kill 3
            """
        ),
    ])
    func `survives`(story: String, script: String, actions: String) {
        #expect(PoolStory.play(script, limits) == actions, "\(story)")
    }

    @Test(arguments: [
        ("3 submit b\n4 ready 1", "4 b to 1"), ("3 submit b\n9 end", "7 start 2"),
    ])
    func `an environment that has just answered is waited for, but not for long`(
        script: String,
        outcome: String
    ) {
        var limits = limits
        limits.turnaround = .seconds(5)
        let actions = PoolStory.play("0 submit a\n1 ready 1\n2 answered 1\n" + script, limits)
        #expect(actions == "0 start 1\n1 a to 1\n" + outcome)
    }

    @Test func `whatever happens, each invocation ends once and the limits hold`() {
        let failure = firstFailure(of: 0..<300) { generator in
            var world = PoolWorld(&generator)
            return world.run(&generator)
        }
        #expect(failure == nil)
    }

    @Test(arguments: [
        (
            "what is provisioned starts ahead, serves first and is not reaped",
            "0 provision 2\n1 ready 1\n1 ready 2\n5 submit a\n6 answered 1\n6 ready 1\n900 end",
            "0 start 1\n0 start 2\n5 a to 1"
        ),
        (
            "what is provisioned no more is reaped",
            "0 provision 1\n1 ready 1\n400 provision 0\n900 end",
            "0 start 1\n400 kill 1"
        ),
        (
            "a start ahead that fails is tried once more, and again when it is asked for again",
            "0 provision 1\n1 exit 1\n2 exit 2\n100 provision 1\n101 ready 3\n102 end",
            "0 start 1\n1 start 2\n100 start 3"
        ),
        (
            "one that ends later is replaced",
            "0 provision 1\n1 ready 1\n50 exit 1\n51 ready 2\n52 end",
            "0 start 1\n50 start 2"
        ),
        (
            "a lower limit ends nothing, a higher one starts what waits",
            "0 submit a\n1 ready 1\n2 limit 1\n3 submit b\n4 limit 2\n5 ready 2\n6 end",
            "0 start 1\n1 a to 1\n4 start 2\n5 b to 2"
        ),
    ])
    func `keeps environments ready ahead`(what: String, script: String, expected: String) {
        #expect(PoolStory.play(script, limits) == expected, "\(what)")
    }

    @Test func `as Lambda does, throttles callers at once and lets events wait`() {
        var strict = limits
        strict.throttlesAtOnce = true
        let script =
            "0 submit a\n0 submit b\n0 submit c\n0 submit-event d\n1 ready 1\n1 ready 2\n2 submit e\n3 answered 1\n3 ready 1"
        let expected =
            "0 start 1\n0 start 2\n0 c fails: throttled\n1 a to 1\n1 b to 2\n2 e fails: throttled\n3 d to 1"
        #expect(PoolStory.play(script, strict) == expected)
    }
}
