import LocalCloud
import Testing

@Suite struct `The dashboard's page` {
    private let text = String(decoding: Dashboard.page, as: UTF8.self)

    @Test func `is whole, with its style and its scripts inside`() {
        #expect(text.hasPrefix("<!doctype html>"))
        #expect(text.hasSuffix("</html>\n"))
        #expect(text.ranges(of: "<style>").count == 1)
        #expect(text.ranges(of: "<script>").count == 15)
        #expect(text.contains("Page.start();"))
    }

    @Test(arguments: ["src=", "http://", "https://", "@import", "url("])
    func `names nothing outside of itself`(text outside: String) {
        let named = text.ranges(of: outside).map { text[$0.lowerBound...].prefix(40) }
        #expect(named.filter { !$0.hasPrefix("http://www.w3.org/2000/svg") } == [])
    }

    @Test func `links to nothing but its own parts and an empty icon`() {
        let links = text.ranges(of: "href=\"").map { text[$0.upperBound...].prefix { $0 != "\"" } }
        #expect(links == ["data:,", "#main"])
    }
}
