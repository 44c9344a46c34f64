import AWS
import LocalCloud
import Planning
import Testing
import Wire

@Suite struct `a stack's services` {
    private let noon = ServicesWorld.noon

    @Test func `the cloud's clock runs so many times as fast`() {
        let clock = CloudClock(start: noon, speed: 12)
        #expect(clock.time(after: .zero) == noon)
        #expect(clock.time(after: .seconds(5)) == noon + .seconds(60))
        #expect(clock.machineDuration(.seconds(120)) == .seconds(10))
        #expect(clock.weight == 12)
    }

    @Test func `the bill is what was used times what it costs`() throws {
        let (list, catalogue) = (try PriceList.usEast1(), try ServicesWorld.catalogue())
        var ledger = try Ledger(list, catalogue: catalogue, start: noon)
        let prices = catalogue.lambdaX86
        // 12 requests of 250 ms at 1 GB.
        ledger.invoked(
            "f",
            billedMilliseconds: 250,
            memory: 1024,
            isCold: true,
            isProvisioned: false,
            weight: 12
        )
        ledger.requested(weight: 12)
        var function = CloudFunction(name: "f", memory: 2048, timeout: .seconds(1), variables: [:])
        function.available = 3
        ledger.accrue([function], now: noon + .seconds(10))
        let usage = try #require(ledger.functions["f"])
        #expect(usage.gigabyteSeconds == 3)
        #expect(usage.provisionedGigabyteSeconds == 0, "nothing was provisioned")
        #expect(ledger.cost(usage) == Dollars(3 * prices.perGBSecond + 12 * prices.perRequest))
        let bill = ledger.snapshot(try ServicesWorld.ec2(), now: noon)
        #expect(bill["api_gateway"]?["requests"] == 12.0)
        #expect(bill["api_gateway"]?["usd"]?.doubleValue == Dollars(12e-6).amount)
    }

    @Test func `an instance that EC2 has forgotten stays on the bill`() throws {
        var services = try ServicesWorld.services()
        let launch = [
            ("Action", "RunInstances"), ("Version", "2016-11-15"), ("MinCount", "1"), ("MaxCount", "1"),
            ("InstanceType", "c6i.large"),
        ]
        #expect(services.answer(ServicesWorld.form(launch)).status == 200)
        services.advance(now: noon + .seconds(30))
        let id = try #require(services.ec2.ordered.first?.id)
        let end = [("Action", "TerminateInstances"), ("Version", "2016-11-15"), ("InstanceId.1", id)]
        #expect(
            services.answer(ServicesWorld.form(end), now: noon + .seconds(30)).text.contains(
                "<name>shutting-down</name>"
            )
        )
        let before = services.ledger.snapshot(services.ec2, now: noon + .seconds(40))["total_usd"]
        services.advance(now: noon + .seconds(4000))
        #expect(services.ec2.instances.isEmpty)
        #expect(services.ledger.snapshot(services.ec2, now: noon + .seconds(4000))["total_usd"] == before)
        #expect(before?.doubleValue ?? 0 > 0)
    }

    @Test func `provisioned concurrency and reservations become actions`() throws {
        var services = try ServicesWorld.services()
        func ask(
            _ method: String,
            _ path: String,
            _ body: JSON? = nil,
            query: [(name: String, value: String)] = []
        ) -> HTTPResponse {
            let message = HTTPMessage(
                method: method,
                path: path,
                query: query,
                headers: body == nil ? [] : [("Content-Type", "application/json")],
                body: body?.encoded() ?? []
            )
            return services.answer(ServicesWorld.signed(message, service: "lambda"))
        }
        let path = "/2019-09-30/functions/mark/provisioned-concurrency"
        let live = [(name: "Qualifier", value: "live")]
        #expect(
            ask("GET", path, query: live).headers["x-amzn-errortype"]
                == "ProvisionedConcurrencyConfigNotFoundException"
        )
        #expect(ask("PUT", path, ["ProvisionedConcurrentExecutions": 3], query: live).status == 202)
        #expect(services.takeActions() == [.provision(function: "mark", 3)])
        #expect(ask("GET", path, query: live).json?["Status"] == "IN_PROGRESS")
        services.functions.report("mark", available: 3, failure: nil)
        #expect(ask("GET", path, query: live).json?["Status"] == "READY")
        #expect(ask("PUT", path, ["ProvisionedConcurrentExecutions": 0], query: live).status == 400)
        #expect(ask("DELETE", path, query: live).status == 204)
        #expect(services.takeActions() == [.provision(function: "mark", 0)])
        let concurrency = "/2017-10-31/functions/mark/concurrency"
        #expect(ask("PUT", concurrency, ["ReservedConcurrentExecutions": 90]).status == 200)
        #expect(
            ask("PUT", concurrency, ["ReservedConcurrentExecutions": 91]).text.contains(
                "minimum value of [10]"
            )
        )
        #expect(services.takeActions() == [.limit(function: "mark", 90)])
        #expect(
            ask("GET", "/2016-08-19/account-settings").json?["AccountLimit"]?[
                "UnreservedConcurrentExecutions"
            ] == 10
        )
    }

    @Test func `the route has one of two targets`() throws {
        var services = try ServicesWorld.services()
        func update(_ target: JSON) -> HTTPResponse {
            let message = HTTPMessage(
                method: "PATCH",
                path: "/v2/apis/local/routes/r0default",
                headers: [("Content-Type", "application/json")],
                body: JSON.object([.init("target", target)]).encoded()
            )
            return services.answer(ServicesWorld.signed(message, service: "apigateway"))
        }
        #expect(CloudFunction.parse(services.gateway.targetFunction).name == "mark")
        #expect(update("integrations/router").json?["target"] == "integrations/router")
        #expect(CloudFunction.parse(services.gateway.targetFunction).name == "mark-router")
        #expect(update("integrations/other").status == 400)
        #expect(update("router").status == 400)
        #expect(services.gateway.target == "router")
    }

    @Test func `a service that is out of order says so until its time is over`() throws {
        var services = try ServicesWorld.services()
        services.outages["dynamodb"] = noon + .seconds(1)
        let request = ServicesWorld.json(.dynamoDB, "ListTables", [:])
        #expect(services.answer(request).status == 503)
        services.outages["dynamodb"] = noon
        #expect(services.answer(request).status == 200)
    }

    @Test(
        arguments: [
            ("mark", "mark", nil), ("mark:live", "mark", "live"),
            ("arn:aws:lambda:eu-west-1:123456789012:function:mark", "mark", nil),
            ("arn:aws:lambda:eu-west-1:123456789012:function:mark:live", "mark", "live"),
            ("123456789012:function:mark", "mark", nil),
        ] as [(String, String, String?)]
    )
    func `a function goes by name, alias and ARN`(text: String, name: String, qualifier: String?) {
        let parsed = CloudFunction.parse(text)
        #expect(parsed.name == name)
        #expect(parsed.qualifier == qualifier)
    }
}
