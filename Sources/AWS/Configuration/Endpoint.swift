/// Where a service answers.
package struct Endpoint: Equatable, Sendable {
    package let scheme: String
    /// Host and port as libcurl sends them in `Host`: without the scheme's own port.
    package let authority: String
    /// What the endpoint's URL has before the operation's path; "" or `/base`.
    package let basePath: String
    package let signingRegion: String

    package var origin: String { "\(scheme)://\(authority)" }

    /// - Returns: nil for what is no `http://` or `https://` URL with a host.
    init?(url: String, signingRegion: String) {
        guard let colon = url.firstRange(of: "://") else { return nil }
        scheme = url[..<colon.lowerBound].lowercased()
        let rest = url[colon.upperBound...]
        var authority = rest.prefix { $0 != "/" }.lowercased()
        guard scheme == "http" || scheme == "https", !authority.isEmpty,
            !url.contains(where: { "?#@".contains($0) || $0.isWhitespace })
        else { return nil }
        let defaultPort = scheme == "https" ? ":443" : ":80"
        if authority.hasSuffix(defaultPort) { authority.removeLast(defaultPort.count) }
        self.authority = authority
        var path = rest.drop { $0 != "/" }
        while path.last == "/" { path.removeLast() }
        basePath = String(path)
        self.signingRegion = signingRegion
    }

    /// AWS's own endpoint of a service in a region.
    init(_ service: Service, region: String, usesFIPS: Bool, usesDualStack: Bool) {
        let region = service.region(nearest: region)
        let isChina = region.hasPrefix("cn-")
        let suffix =
            switch (usesDualStack, isChina) {
            case (false, false): "amazonaws.com"
            case (false, true): "amazonaws.com.cn"
            case (true, false): "api.aws"
            case (true, true): "api.amazonwebservices.com.cn"
            }
        scheme = "https"
        authority = "\(service.hostPrefix)\(usesFIPS ? "-fips" : "").\(region).\(suffix)"
        basePath = ""
        signingRegion = region
    }
}
