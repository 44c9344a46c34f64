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
        <title>\(Self.escaped(title))</title><link rel="icon" href="data:,"><style>\(Self.style)</style></head><body><main>
        \(body)
        </main></body></html>

        """
    }

    /// A number that matters.
    package struct Tile {
        let name: String
        let value: String
        /// Small, below.
        let note: String

        package init(name: String, value: String, note: String = "") {
            (self.name, self.value, self.note) = (name, value, note)
        }
    }

    /// Numbers that matter, large.
    package static func tiles(_ list: [Tile]) -> String {
        "<dl class=\"tiles\">"
            + list.map { tile in
                "<div><dt>\(escaped(tile.name))</dt><dd>\(escaped(tile.value))"
                    + (tile.note.isEmpty ? "" : "<small>\(escaped(tile.note))</small>") + "</dd></div>"
            }.joined() + "</dl>"
    }

    /// A part of the page that its contents name.
    package struct Section {
        let id: String
        let title: String
        /// HTML.
        let body: String

        package init(id: String, title: String, body: String) {
            (self.id, self.title, self.body) = (id, title, body)
        }
    }

    /// Sections with links to them before the first.
    package static func sections(_ list: [Section]) -> String {
        "<nav aria-label=\"Contents\">"
            + list.map { "<a href=\"#\($0.id)\">\(escaped($0.title))</a>" }.joined(separator: " ") + "</nav>"
            + list.map {
                "<section id=\"\($0.id)\" aria-labelledby=\"\($0.id)-title\"><h2 id=\"\($0.id)-title\">\(escaped($0.title))</h2>"
                    + "\($0.body)</section>"
            }.joined(separator: "\n")
    }

    /// A picture that may be scrolled where it does not fit.
    static func figure(_ svg: String, legend: String) -> String {
        "<figure><div class=\"scroll\" tabindex=\"0\">\(svg)</div>\(legend)</figure>"
    }

    /// What is folded until someone opens it.
    package static func details(_ summary: String, _ body: String) -> String {
        "<details><summary>\(escaped(summary))</summary>\(body)</details>"
    }

    /// - Parameters:
    ///   - head: names of the columns.
    ///   - rows: cells as HTML, the first the row's name.
    ///   - emphasised: the row that stands out.
    ///   - isText: whether cells are words, which begin at the left.
    package static func table(
        _ head: [String],
        _ rows: [[String]],
        emphasised: Int? = nil,
        isText: Bool = false
    ) -> String {
        let names = head.map { "<th scope=\"col\">\($0)</th>" }.joined()
        let lines = rows.enumerated().map { index, row in
            "<tr\(index == emphasised ? " class=\"ours\"" : "")><th scope=\"row\">\(row.first ?? "")</th>"
                + row.dropFirst().map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return
            "<div class=\"scroll\" tabindex=\"0\"><table\(isText ? " class=\"text\"" : "")><thead><tr>\(names)</tr></thead>"
            + "<tbody>\(lines.joined())</tbody></table></div>"
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
}
