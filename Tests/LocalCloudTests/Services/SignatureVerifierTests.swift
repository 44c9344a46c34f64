import AWS
import LocalCloud
import Testing
import Wire

@Suite struct `checking signatures` {
    private let listTables = ServicesWorld.json(.dynamoDB, "ListTables", [:])

    private func code(_ request: AWSRequest) throws -> String? {
        var services = try ServicesWorld.services()
        let answer = services.answer(request)
        if answer.status == 200 { return nil }
        let type = answer.json?["__type"]?.stringValue?.split(separator: "#").last.map(String.init)
        let marks = answer.text.ranges(of: /<Code>(\w+)<\/Code>/)
        return type ?? answer.headers["x-amzn-errortype"]
            ?? marks.first.map { String(answer.text[$0].dropFirst(6).dropLast(7)) }
    }

    @Test func `a right one is taken, in every service's form`() throws {
        #expect(try code(listTables) == nil)
        #expect(
            try code(ServicesWorld.form([("Action", "DescribeInstances"), ("Version", "2016-11-15")])) == nil
        )
        let path =
            "/2015-03-31/functions/\(PercentEncoding.encode(CloudFunction.arn("mark") + ":live"))/configuration"
        #expect(
            try code(ServicesWorld.signed(HTTPMessage(method: "GET", path: path), service: "lambda")) == nil
        )
        let query = HTTPMessage(
            method: "GET",
            path: "/2019-09-30/functions/mark/provisioned-concurrency",
            query: [("Qualifier", "live"), ("List", "ALL")]
        )
        #expect(try code(ServicesWorld.signed(query, service: "lambda")) == nil)
    }

    @Test func `one flipped bit of the body, the path or the signature is noticed`() throws {
        var request = listTables
        request.body.append(UInt8(ascii: " "))
        #expect(try code(request) == "InvalidSignatureException")
        request = listTables
        request.path = "/x"
        #expect(try code(request) == "InvalidSignatureException")
        request = listTables
        request.query = "a=b"
        #expect(try code(request) == "InvalidSignatureException")
        request = listTables
        request.method = "PUT"
        #expect(try code(request) == "InvalidSignatureException")
    }

    @Test func `a wrong secret, an unknown key and a wrong token have each service's own code`() throws {
        let wrong = Credentials(accessKeyID: "AKIDTEST", secretAccessKey: "other", sessionToken: "token")
        let unknown = Credentials(accessKeyID: "AKIDOTHER", secretAccessKey: "secret", sessionToken: "token")
        let stale = Credentials(accessKeyID: "AKIDTEST", secretAccessKey: "secret", sessionToken: "old")
        let form = [("Action", "DescribeInstances"), ("Version", "2016-11-15")]
        #expect(
            try code(ServicesWorld.json(.dynamoDB, "ListTables", [:], credentials: wrong))
                == "InvalidSignatureException"
        )
        #expect(
            try code(ServicesWorld.json(.dynamoDB, "ListTables", [:], credentials: unknown))
                == "UnrecognizedClientException"
        )
        #expect(
            try code(ServicesWorld.json(.ssm, "GetParameter", [:], credentials: stale))
                == "UnrecognizedClientException"
        )
        #expect(try code(ServicesWorld.form(form, credentials: wrong)) == "AuthFailure")
        #expect(try code(ServicesWorld.form(form, credentials: unknown)) == "AuthFailure")
    }

    @Test(arguments: [-301, 301]) func `a clock that is five minutes off is told so`(seconds: Int) throws {
        let message = HTTPMessage(method: "GET", path: "/2016-08-19/account-settings")
        let time = ServicesWorld.noon + .seconds(seconds)
        var services = try ServicesWorld.services()
        let answer = services.answer(ServicesWorld.signed(message, service: "lambda", at: time))
        #expect(answer.status == 403)
        #expect(answer.headers["x-amzn-errortype"] == "InvalidSignatureException")
        #expect(answer.text.contains(seconds < 0 ? "Signature expired" : "Signature not yet current"))
        #expect(try code(ServicesWorld.signed(message, service: "ec2", at: time)) == "RequestExpired")
    }

    @Test(arguments: [-299, 299]) func `a clock that is less off is no matter`(seconds: Int) throws {
        let message = HTTPMessage(method: "GET", path: "/2016-08-19/account-settings")
        let time = ServicesWorld.noon + .seconds(seconds)
        #expect(try code(ServicesWorld.signed(message, service: "lambda", at: time)) == nil)
    }

    @Test func `what is not signed but matters is named`() throws {
        // The target comes into the request behind the signer's back.
        let plain = HTTPMessage(
            method: "POST",
            headers: [("Content-Type", "application/x-amz-json-1.0")],
            body: Array("{}".utf8)
        )
        var request = ServicesWorld.signed(plain, service: "dynamodb")
        request.headers.append("X-Amz-Target", "DynamoDB_20120810.ListTables")
        var services = try ServicesWorld.services()
        let answer = services.answer(request)
        #expect(answer.text.contains("'x-amz-target' must be a 'SignedHeader'"))
    }

    @Test func `no signature, half a signature, another region and an unknown service are refused`() throws {
        var unsigned = AWSRequest(method: "POST", body: Array("{}".utf8))
        unsigned.headers.append("X-Amz-Target", "DynamoDB_20120810.ListTables")
        #expect(try code(unsigned) == "MissingAuthenticationTokenException")
        unsigned.headers.append(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIDTEST/20261101/eu-west-1/dynamodb/aws4_request"
        )
        #expect(try code(unsigned) == "IncompleteSignature")
        let message = HTTPMessage(method: "GET", path: "/2016-08-19/account-settings")
        #expect(
            try code(ServicesWorld.signed(message, service: "lambda", region: "us-east-1"))
                == "InvalidSignatureException"
        )
        #expect(try code(ServicesWorld.signed(message, service: "sqs")) == "UnknownService")
    }
}
