/// A page of its own: no scripts, nothing from outside, light and dark.
package struct Page {
    private let title: String
    private let body: String

    /// - Parameters:
    ///   - title: text.
    ///   - body: HTML.
    package init(title: String, body: String) { (self.title, self.body) = (title, body) }

    package var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>\(Self.escaped(title))</title><style>\(Self.style)</style></head><body><main>
        \(body)
        </main></body></html>

        """
    }

    /// Numbers that matter, large.
    package static func tiles(_ list: [(name: String, value: String)]) -> String {
        "<dl class=\"tiles\">" + list.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>" }.joined()
            + "</dl>"
    }

    /// - Parameters:
    ///   - head: names of the columns.
    ///   - rows: cells as HTML, the first the row's name.
    package static func table(_ head: [String], _ rows: [[String]]) -> String {
        let names = head.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let lines = rows.map { row in
            "<tr><th scope=\"row\">\(row.first ?? "")</th>"
                + row.dropFirst().map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return
            "<div class=\"scroll\"><table><thead><tr>\(names)</tr></thead><tbody>\(lines.joined())</tbody></table></div>"
    }

    package static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "<": result += "&lt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--muted:#6a737d;--grid:#e3e6ea;
        --a:#0969da;--b:#bc4c00;--c:#cf222e;--m:#8c959f}
        @media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--muted:#8b949e;--grid:#262c34;
        --a:#58a6ff;--b:#e0823d;--c:#ff7b72;--m:#6e7681}}
        body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
        main{max-width:56rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin:1.5rem 0}
        .tiles div{border:1px solid var(--grid);border-radius:8px;padding:.6rem .8rem}dt{color:var(--muted);font-size:.85rem}
        dd{margin:0;font-size:1.35rem;font-variant-numeric:tabular-nums}.warning{border-left:4px solid var(--c);padding-left:.8rem}
        svg{width:100%;height:auto;overflow:visible}svg text{fill:var(--muted);font:12px system-ui,sans-serif}
        .grid{stroke:var(--grid)}.line{fill:none;stroke-width:2;stroke-linejoin:round}.mark{stroke:var(--c);stroke-dasharray:5 4}
        .a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}.m{stroke:var(--m);stroke-dasharray:2 3}
        .band{stroke:none;opacity:.22}.band.a{fill:var(--a)}.band.b{fill:var(--b)}.band.m{fill:var(--m)}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th,td{padding:.35rem .8rem;border-bottom:1px solid var(--grid);text-align:right}
        th[scope=row]{text-align:left}.scroll{overflow-x:auto}
        """
}
