import AWS
import Seeded
import TestKit
import Testing
import Wire

@Suite struct `XML` {
    @Test(
        arguments: [
            ("<a/>", ["a": ""]), ("<a></a>", ["a": ""]), ("<a> b </a>", ["a": " b "]),
            (
                "<?xml version='1.0'?>\n<!-- c --><n:a x=\"1>2\" y='/'><b>1</b><b>2</b></n:a>\n",
                ["a": ["b": "1", "b": "2"]]
            ),
            ("<a>\n  <b/>\n</a>", ["a": ["b": ""]]),
            ("<a>&lt;&amp;&gt;&quot;&apos;&#x1F600;&#65;</a>", ["a": "<&>\"'😀A"]),
            ("<a>x<![CDATA[<b>&amp;]]>y<!-- z --></a>", ["a": "x<b>&amp;y"]), ("<a>ü</a>", ["a": "ü"]),
        ] as [(String, JSON)]
    )
    func `becomes a tree`(text: String, tree: JSON) throws {
        #expect(try XMLReader.read(Array(text.utf8)) == tree)
    }

    @Test(
        arguments: [
            ("", "no element"), ("a", "expected an element"), ("<a>", "does not end"),
            ("<a></b>", "closed by 'b'"),
            ("<a><b></a>", "closed by 'a'"), ("<a/><b/>", "follows the root"), ("<a x>", "expected '='"),
            ("<a x=1/>", "in quotes"), ("<a x='1", "nothing ends with"), ("<a>&nbsp;</a>", "unknown entity"),
            ("<a>&#xD800;</a>", "unknown entity"), ("<a>&amp</a>", "nothing ends with"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "a document type"), ("<>", "expected a name"),
            ("<a", "does not end"), ("<a/", "does not end"), ("<!-- ", "nothing ends with"),
        ]
    )
    func `that is none is refused`(text: String, reason: String) {
        let error = #expect(throws: XMLReader.Malformed.self) { try XMLReader.read(Array(text.utf8)) }
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func `is nested no deeper than an answer is`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).utf8)
        }
        _ = try XMLReader.read(nested(64))
        #expect(throws: XMLReader.Malformed.self) { try XMLReader.read(nested(65)) }
    }

    @Test func `cut or changed anywhere never traps`() {
        let text = Array(
            "<?xml version='1.0'?><a x='1'><b>&lt;<![CDATA[c]]></b><!-- d --><e/>f&#65;</a>".utf8
        )
        let failure = firstFailure(of: 0..<2000) { generator in
            var bytes = Array(text.prefix(generator.below(text.count + 1)))
            if !bytes.isEmpty {
                let marks = Array("<>&;!-['/=".utf8)
                bytes[generator.below(bytes.count)] = marks[generator.below(marks.count)]
            }
            _ = try? XMLReader.read(bytes)
            return true
        }
        #expect(failure == nil)
    }
}
