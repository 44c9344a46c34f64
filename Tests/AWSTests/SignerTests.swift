import AWS
import Glibc
import Seeded
import TestKit
import Testing
import Wire

@Suite struct `signing` {
    /// A case of AWS's published suite; its README says how to read it.
    struct Vector: CustomTestStringConvertible, Sendable {
        let name: String
        var testDescription: String { name }

        static let all: [Vector] = {
            guard let directory = opendir(Fixtures.folder("AWSTests/Fixtures/sigv4")) else { return [] }
            defer { closedir(directory) }
            var names: [String] = []
            while let entry = readdir(directory) {
                names.append(
                    withUnsafeBytes(of: &entry.pointee.d_name) {
                        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                    }
                )
            }
            return names.filter { $0.hasPrefix("get-") || $0.hasPrefix("post-") }.sorted().map(Vector.init)
        }()

        func text(_ file: String) throws -> String {
            try Fixtures.text("AWSTests/Fixtures/sigv4/\(name)/\(file).txt")
        }

        func context() throws -> JSON {
            let text = try Fixtures.text("AWSTests/Fixtures/sigv4/\(name)/context.json")
            return try JSON(parsing: Array(text.utf8))
        }
    }

    @Test func `all published cases are there`() { #expect(Vector.all.count == 38) }

    @Test(arguments: Vector.all)
    func `agrees with AWS's published cases`(vector: Vector) throws {
        let context = try vector.context()
        let (message, host) = try Self.message(try vector.text("request"))
        let signer = try Self.signer(context)
        let time = try #require(context["timestamp"]?.stringValue.flatMap { WallClock(iso8601: $0) })
        var unsigned = message
        if context["sign_body"]?.boolValue == true {
            unsigned.headers.append(
                ("X-Amz-Content-Sha256", SHA256.hexadecimal(SHA256.hash(message.body)))
            )
        }
        var keys = SigningKeys()
        let signed = signer.sign(unsigned, host: host, at: time, keys: &keys)
        let headers = Signer.canonicalHeaders(
            signed.headers.filter { $0.name != "Authorization" } + [("Host", host)]
        )
        #expect(try signer.canonicalRequest(signed, headers) == vector.text("header-canonical-request"))
        #expect(try signer.stringToSign(signed, headers, at: time) == vector.text("header-string-to-sign"))
        let authorization = try #require(signed.headers.last { $0.name == "Authorization" }?.value)
        #expect(authorization.hasSuffix("Signature=" + (try vector.text("header-signature"))))
        #expect(try vector.text("header-signed-request").contains("Authorization:" + authorization + "\n"))
    }

    private static func signer(_ context: JSON) throws -> Signer {
        let keys = try #require(context["credentials"])
        return Signer(
            credentials: Credentials(
                accessKeyID: try #require(keys["access_key_id"]?.stringValue),
                secretAccessKey: try #require(keys["secret_access_key"]?.stringValue),
                // One case sends a token that it does not sign, which no service asks for.
                sessionToken: context["omit_session_token"]?.boolValue == true
                    ? nil : keys["token"]?.stringValue
            ),
            region: try #require(context["region"]?.stringValue),
            service: try #require(context["service"]?.stringValue),
            normalizesPath: try #require(context["normalize"]?.boolValue as Bool?)
        )
    }

    private static func message(_ text: String) throws -> (HTTPMessage, host: String) {
        let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        var lines = parts[0].split(separator: "\n").map(String.init)
        let start = lines.removeFirst()
        let first = try #require(start.firstIndex(of: " "))
        let last = try #require(start.lastIndex(of: " "))
        let target = start[start.index(after: first)..<last].split(
            separator: "?",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        var headers: [(name: String, value: String)] = []
        for line in lines {
            if line.first == " ", let open = headers.popLast() {
                headers.append((open.name, open.value + "\n" + line))
            } else {
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                headers.append((String(parts[0]), String(parts[1])))
            }
        }
        let host = try #require(headers.first { $0.name == "Host" }?.value)
        let message = HTTPMessage(
            method: String(start[..<first]),
            path: String(target[0]),
            query: target.count > 1 ? target[1].split(separator: "&").map(pair) : [],
            headers: headers.filter { $0.name != "Host" && $0.name != "X-Amz-Date" },
            body: parts.count > 1 ? Array(parts[1].utf8) : []
        )
        return (message, host)
    }

    private static func pair(_ text: Substring) -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
            var bytes: [UInt8] = []
            var rest = Array(part.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }

    @Test func `agrees with botocore on requests that are odd in every way`() throws {
        let text = try Fixtures.text("AWSTests/Fixtures/signatures.json")
        let cases = try #require(try JSON(parsing: Array(text.utf8))["signatures"]?.arrayValue)
        #expect(cases.count == 200)
        func pairs(_ json: JSON?) -> [(name: String, value: String)] {
            (json?.arrayValue ?? []).map { ($0[0]?.stringValue ?? "", $0[1]?.stringValue ?? "") }
        }
        for (index, json) in cases.enumerated() {
            let message = HTTPMessage(
                method: json["method"]?.stringValue ?? "",
                path: json["path"]?.stringValue ?? "",
                query: pairs(json["query"]),
                headers: pairs(json["headers"]),
                body: Array((json["body"]?.stringValue ?? "").utf8)
            )
            let credentials = Credentials(
                accessKeyID: "AKIDEXAMPLE",
                secretAccessKey: "secret/+=",
                sessionToken: json["token"]?.stringValue
            )
            let signer = Signer(credentials: credentials, region: "eu-central-1", service: "lambda")
            var keys = SigningKeys()
            let signed = signer.sign(message, host: "h.example:8443", at: World.epoch, keys: &keys)
            #expect(signed.target == json["target"]?.stringValue, "case \(index)")
            #expect(signed.headers.last?.value == json["authorization"]?.stringValue, "case \(index)")
        }
    }

    // MARK: Beyond the cases

    private static let signer = Signer(
        credentials: Credentials(accessKeyID: "AKID", secretAccessKey: "secret", sessionToken: "token"),
        region: "eu-central-1",
        service: "lambda"
    )
    private static let time = WallClock(milliseconds: 1_795_490_099_120)

    private static func signature(
        _ message: HTTPMessage,
        by signer: Signer = signer,
        host: String = "h:80",
        at time: WallClock = time
    ) -> String {
        var keys = SigningKeys()
        return signer.sign(message, host: host, at: time, keys: &keys).headers.last?.value ?? ""
    }

    @Test func `whatever is changed changes the signature`() {
        let message = HTTPMessage(
            method: "PUT",
            path: "/a",
            query: [("b", "c")],
            headers: [("X-Amz-D", "e")],
            body: [1]
        )
        let original = Self.signature(message)
        var others: [HTTPMessage] = Array(repeating: message, count: 5)
        others[0].method = "POST"
        others[1].path = "/b"
        others[2].query[0].value = "d"
        others[3].headers[0].value = "f"
        others[4].body = [2]
        for other in others { #expect(Self.signature(other) != original) }
        #expect(Self.signature(message, host: "h:81") != original)
        #expect(Self.signature(message, at: Self.time + .seconds(1)) != original)
        let wrong = Signer(
            credentials: Credentials(accessKeyID: "AKID", secretAccessKey: "other", sessionToken: "token"),
            region: "eu-central-1",
            service: "lambda"
        )
        #expect(Self.signature(message, by: wrong) != original)
    }

    @Test func `what is added on the way is not signed, and the rest is`() {
        let plain = HTTPMessage(method: "GET", headers: [("X-Amz-A", "1")])
        var more = plain
        for name in ["User-Agent", "X-Amzn-Trace-Id", "Expect", "Connection", "Accept", "amz-sdk-request"] {
            more.headers.append((name, "x"))
        }
        #expect(Self.signature(plain) == Self.signature(more))
        #expect(Self.signature(plain).contains("SignedHeaders=host;x-amz-a;x-amz-date;x-amz-security-token,"))
    }

    @Test func `a remembered key signs as a fresh one does, over midnight and with another secret`() {
        var keys = SigningKeys()
        let message = HTTPMessage(method: "GET")
        let other = Signer(
            credentials: Credentials(accessKeyID: "AKID", secretAccessKey: "other"),
            region: "eu-central-1",
            service: "lambda"
        )
        for day in 0..<40 {
            for signer in [Self.signer, other, Self.signer] {
                let time = Self.time + .seconds(86_400 * day)
                let remembered = signer.sign(message, host: "h", at: time, keys: &keys).headers.last?.value
                #expect(remembered == Self.signature(message, by: signer, host: "h", at: time))
            }
        }
    }

    @Test func `credentials never show their secrets`() {
        let credentials = Self.signer.credentials
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in [
            "\(credentials)", String(reflecting: credentials), dumped,
            "\(CredentialsSource.fixed(credentials, name: "x"))",
        ] {
            #expect(!text.contains("secret") && !text.contains("token"))
            #expect(text.contains("AKID"))
        }
    }
}
