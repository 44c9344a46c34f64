/// The server's counters as Prometheus reads them.
extension HTTPCounters {
    func write(to text: inout PrometheusText) {
        text.metric("mark_http_requests_total", .counter, "HTTP requests of every kind.")
        text.sample("mark_http_requests_total", [], requests.current)
        text.metric("mark_http_connections", .gauge, "Open connections.")
        text.sample("mark_http_connections", [], open.current)
        text.metric("mark_http_connections_total", .counter, "Connections, by what became of them at once.")
        text.sample("mark_http_connections_total", [.init("outcome", "accepted")], accepted.current)
        text.sample("mark_http_connections_total", [.init("outcome", "refused")], refused.current)
        text.metric("mark_http_malformed_total", .counter, "Requests that were no HTTP.")
        text.sample("mark_http_malformed_total", [], malformed.current)
        text.metric("mark_http_timeouts_total", .counter, "Connections closed, as the client was too slow.")
        text.sample("mark_http_timeouts_total", [], timeouts.current)
        text.metric("mark_http_disconnects_total", .counter, "Requests whose clients went away.")
        text.sample("mark_http_disconnects_total", [], disconnects.current)
        text.metric("mark_http_body_bytes", .gauge, "Bytes of bodies under way.")
        text.sample("mark_http_body_bytes", [], bodyBytes.current)
    }
}
