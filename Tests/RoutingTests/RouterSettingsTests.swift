import AWS
import Fleet
import Routing
import Testing

@Suite struct `A router's settings` {
    private let good = [
        "MARK_TABLE": "mark", "MARK_STACK": "shop", "MARK_FUNCTION": "inference", "MARK_SLO_MS": "250.5",
    ]

    @Test func `say which table, stack, function and objective`() throws {
        let settings = try RouterSettings(good)
        #expect(settings.table == FleetTable("mark"))
        #expect(settings.stack == "shop")
        #expect(settings.slo == .milliseconds(250.5))
    }

    @Test(
        arguments: [
            ("f", "f", nil), ("f:live", "f", "live"),
            ("123456789012:function:f", "123456789012:function:f", nil),
            ("123456789012:function:f:7", "123456789012:function:f", "7"),
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:f",
                "arn:aws:lambda:eu-west-1:123456789012:function:f", nil
            ),
            ("arn:aws:lambda:eu-west-1:1:function:f:live", "arn:aws:lambda:eu-west-1:1:function:f", "live"),
        ] as [(String, String, String?)]
    )
    func `tell a function from its qualifier`(text: String, name: String, qualifier: String?) throws {
        let settings = try RouterSettings(good.merging(["MARK_FUNCTION": text]) { $1 })
        #expect(settings.function == Lambda.Function(name, qualifier: qualifier))
    }

    @Test(arguments: [
        "f:", ":f", "a:b:c", "arn:aws:lambda:eu-west-1:1:layer:f", "arn:aws:s3", "1:function:f:a:b",
    ])
    func `refuse what names no function`(text: String) {
        let error = #expect(throws: InvalidSetting.self) {
            try RouterSettings(good.merging(["MARK_FUNCTION": text]) { $1 })
        }
        #expect(error?.description.contains("MARK_FUNCTION is '\(text)'") == true)
    }

    @Test(arguments: RouterSettings.names)
    func `are all required`(name: String) {
        let error = #expect(throws: InvalidSetting.self) {
            try RouterSettings(good.merging([name: ""]) { $1 })
        }
        #expect(error?.description.contains("\(name) is not set") == true)
    }

    @Test(arguments: ["0", "9", "29001", "-1", "1s", "nan"])
    func `refuse an objective that no request could have`(text: String) {
        #expect(throws: InvalidSetting.self) {
            try RouterSettings(good.merging(["MARK_SLO_MS": text]) { $1 })
        }
    }
}
