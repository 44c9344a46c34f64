import Backend
import Testing

@Suite struct `Notes of outages` {
    @Test func `come when one begins and when it ends`() {
        var outages = Outages()
        let notes = [
            outages.note(.heartbeat, nil, now: .seconds(1)),
            outages.note(.heartbeat, "no route", now: .seconds(2)),
            outages.note(.heartbeat, "no route", now: .seconds(4)),
            outages.note(.token, nil, now: .seconds(4)),
            outages.note(.token, "denied", now: .seconds(5)),
            outages.note(.heartbeat, nil, now: .seconds(9)),
            outages.note(.heartbeat, nil, now: .seconds(11)),
        ]
        #expect(
            notes == [
                nil, "No heartbeats, tried again every few seconds: no route", nil, nil,
                "No readings of the token, tried again every few seconds: denied",
                "Again heartbeats, after 7 s without", nil,
            ]
        )
    }
}
