/// What the colours mean, beside a picture: text that wraps and that a screen reader reads.
package enum Legend {
    package enum Form: String { case line, area }

    package struct Entry {
        let name: String
        /// Class of the colour.
        let style: String
        let form: Form

        package init(name: String, style: String, form: Form = .area) {
            (self.name, self.style, self.form) = (name, style, form)
        }
    }

    package static func html(_ entries: [Entry]) -> String {
        "<ul class=\"legend\">"
            + entries.map {
                "<li><i class=\"\($0.form.rawValue) \($0.style)\"></i>\(Page.escaped($0.name))</li>"
            }.joined()
            + "</ul>"
    }
}
