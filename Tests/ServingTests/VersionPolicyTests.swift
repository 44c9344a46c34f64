import Serving
import Testing
import Wire

@Suite struct `The choice of versions` {
    private static func configuration(_ text: String) throws -> ModelConfiguration {
        try ModelConfiguration(JSON(parsing: Array(text.utf8)))
    }

    @Test(arguments: [
        ("{}", ["1", "2", "10"]),
        (#"{"version_policy": "all"}"#, ["1", "2", "10"]),
        (#"{"version_policy": {"all": {}}}"#, ["1", "2", "10"]),
        (#"{"version_policy": {"latest": {}}}"#, ["10"]),
        (#"{"version_policy": {"latest": {"count": 2}}}"#, ["2", "10"]),
        (#"{"version_policy": {"latest": {"count": 9}}}"#, ["1", "2", "10"]),
        (#"{"version_policy": {"specific": [10, 1]}}"#, ["1", "10"]),
        (#"{"version_policy": {"specific": [3]}}"#, []),
    ])
    func `is what the policy says`(text: String, versions: [String]) throws {
        #expect(
            try Self.configuration(text).versionPolicy.selected(of: ["1", "2", "10"]) == versions
        )
    }

    @Test func `says which versions it asks for in vain`() {
        #expect(VersionPolicy.specific([1, 3, 4]).missing(in: ["1", "2"]) == ["3", "4"])
        #expect(VersionPolicy.latest(3).missing(in: ["1"]) == [])
    }

    @Test(arguments: [
        (#"{"version_policy": "newest"}"#, #"{"latest": {"count": 1}}"#),
        (#"{"version_policy": {"latest": {"count": 0}}}"#, "version_policy.latest.count"),
        (#"{"version_policy": {"latest": {"counts": 1}}}"#, "did you mean 'count'?"),
        (#"{"version_policy": {"specific": []}}"#, "version_policy.specific"),
        (#"{"version_policy": {"specific": [1, 1]}}"#, "different versions"),
        (#"{"version_policy": {"specific": ["1"]}}"#, "whole numbers"),
        (#"{"version_policy": {"specific": [-1]}}"#, "whole numbers"),
        (#"{"version_policy": {"latest": {}, "specific": [1]}}"#, "expected"),
        (#"{"canary": {"version": "two", "percent": 1}}"#, "canary.version"),
        (#"{"canary": {"version": "2"}}"#, "canary.percent"),
        (#"{"canary": {"version": "2", "percent": 101}}"#, "from 0 to 100"),
        (#"{"canary": {"version": "2", "share": 1}}"#, "canary.share"),
        (#"{"cache": {}}"#, #""entries_max", "bytes_max" or both"#),
        (#"{"cache": {"entries_max": 0}}"#, "cache.entries_max"),
        (#"{"cache": true}"#, "expected an object at cache"),
    ])
    func `refuses what it cannot mean, and says where and what it takes`(text: String, words: String) {
        let error = #expect(throws: InvalidConfiguration.self) { try Self.configuration(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    // MARK: Canary

    @Test func `gives a canary its share of ids, always the same ones`() {
        let ids = (0..<20_000).map { "request-\($0)" }
        let tenth = Canary(version: "2", percent: 10)
        let taken = ids.filter { tenth.takes(Canary.ticket(id: $0)) }
        // Binomial: 2000 with a standard deviation of 42.
        #expect((1830...2170).contains(taken.count))
        #expect(taken == ids.filter { tenth.takes(Canary.ticket(id: $0)) })
        let fifth = Canary(version: "2", percent: 20)
        #expect(
            taken.allSatisfy { fifth.takes(Canary.ticket(id: $0)) },
            "raising the share moves nobody back"
        )
    }

    @Test(arguments: [0, 12_345, 18_446_744_073_709_551_565] as [UInt64])
    func `spreads the canary's share evenly over requests without an id`(first: UInt64) {
        let canary = Canary(version: "2", percent: 10)
        let taken = (0..<100).filter { canary.takes(Canary.ticket(number: first &+ UInt64($0))) }
        #expect((9...11).contains(taken.count))
        #expect(zip(taken, taken.dropFirst()).allSatisfy { $1 - $0 < 20 })
    }

    @Test func `gives a canary nothing at 0 and all at 100 percent`() {
        for ticket in [UInt64(0), 1 << 62, .max] {
            #expect(!Canary(version: "2", percent: 0).takes(ticket))
            #expect(Canary(version: "2", percent: 100).takes(ticket))
        }
    }
}
