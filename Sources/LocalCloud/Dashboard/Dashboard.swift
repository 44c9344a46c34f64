import HTTPTypes
import Hummingbird
import NIOCore

/// The page that shows the cloud: one file, though its source is several.
package enum Dashboard {
    /// Whether a browser wants the page: clients of the API ask for other paths, or for JSON.
    static func isAsked(by request: Request) -> Bool {
        request.method == .get && request.uri.path == "/"
            && (request.headers[.accept]?.contains("text/html") ?? false)
    }

    /// The page may load nothing from elsewhere, and stands in no other page, whose visitors would press its buttons unknowingly.
    static var response: Response {
        var headers: HTTPFields = [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"]
        headers[.contentSecurityPolicy] = "frame-ancestors 'none'"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: page)))
    }

    /// HTML with the style sheet and the scripts that it names in their place, UTF-8.
    package static let page = [UInt8](joined(html, parts: parts).utf8)

    private static let html = String(decoding: PackageResources.dashboard_html, as: UTF8.self)

    private static let parts: [String: [UInt8]] = [
        "dashboard.css": PackageResources.dashboard_css, "format.js": PackageResources.format_js,
        "points.js": PackageResources.points_js, "axis.js": PackageResources.axis_js,
        "chart.js": PackageResources.chart_js, "drawing.js": PackageResources.drawing_js,
        "charts.js": PackageResources.charts_js, "route.js": PackageResources.route_js,
        "fleet.js": PackageResources.fleet_js, "orders.js": PackageResources.orders_js,
        "paper.js": PackageResources.paper_js, "digits.js": PackageResources.digits_js,
        "pictures.js": PackageResources.pictures_js, "texts.js": PackageResources.texts_js,
        "try.js": PackageResources.try_js, "page.js": PackageResources.page_js,
    ]

    /// Puts each part where a line of the page names it.
    ///
    /// Traps when one is missing: the page and its parts are of one build.
    private static func joined(_ html: String, parts: [String: [UInt8]]) -> String {
        html.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            for (start, end, tag) in [
                ("<link rel=\"stylesheet\" href=\"", "\">", "style"),
                ("<script src=\"", "\"></script>", "script"),
            ] where line.hasPrefix(start) && line.hasSuffix(end) {
                let name = String(line.dropFirst(start.count).dropLast(end.count))
                guard let part = parts[name] else { preconditionFailure("the page has no part \(name)") }
                return "<\(tag)>\n\(String(decoding: part, as: UTF8.self))</\(tag)>"
            }
            return String(line)
        }.joined(separator: "\n")
    }
}
