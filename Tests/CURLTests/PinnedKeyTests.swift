import CURL
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `a pinned public key` {
    @Test func `is an identity without authorities and names`() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let client = try CURLClient()
        var request = CURLRequest(url: server.url)
        request.pinnedPublicKey = server.pin
        #expect(try await client.send(request).status == 200)
        // The kept connection serves whoever expects the same key, and nobody else.
        #expect(try await client.send(request).status == 200)
        request.pinnedPublicKey = TLSServer.otherPin
        #expect(await isInsecure(request, client))
    }

    @Test(arguments: [TLSServer.otherPin, "sha256//", "nonsense"])
    func `refuses any other key`(pin: String) async throws {
        let server = try TLSServer()
        defer { server.stop() }
        var request = CURLRequest(url: server.url)
        request.pinnedPublicKey = pin
        let client = try CURLClient()
        #expect(await isInsecure(request, client))
    }

    @Test func `is needed where nobody has signed`() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let client = try CURLClient()
        let request = CURLRequest(url: server.url)
        #expect(await isInsecure(request, client))
    }

    /// Whether there is no answer, for the reason that the server may be another one.
    private func isInsecure(_ request: CURLRequest, _ client: CURLClient) async -> Bool {
        do throws(CURLError) {
            _ = try await client.send(request)
            return false
        } catch {
            return if case .insecure = error { true } else { false }
        }
    }
}
