import Glibc
import Testing

/// The repository's own rules: what swift-format does not know.
@Suite struct `The repository` {
    private static let root = String(#filePath.dropLast("/Tests/TidyTests/TidyTests.swift".count))

    private struct Rule: Sendable, CustomTestStringConvertible {
        let text: String
        let folders: [String]
        /// The one file that may.
        var except = ""
        let remedy: String
        var testDescription: String { "\(text) in \(folders.joined(separator: ", "))" }
    }

    private static let functionFolders = [
        "Sources/Wire", "Sources/Batching", "Sources/Threading", "Sources/ONNX", "Sources/Serving",
        "Sources/LambdaRuntime", "Sources/bootstrap",
    ]

    @Test(arguments: [
        Rule(
            text: "import Foundation",
            folders: ["Sources"],
            remedy: "nothing here links Foundation; see README, Design"
        ),
        Rule(text: "import NIO", folders: functionFolders, remedy: "the function's program has no NIO"),
        Rule(
            text: "import CURL",
            folders: functionFolders.filter { $0 != "Sources/bootstrap" },
            remedy: "the inference role needs no libcurl"
        ),
        Rule(text: " Task {", folders: ["Sources"], remedy: "give the task to a group that waits for it"),
        Rule(
            text: "Task.detached",
            folders: ["Sources"],
            except: "Sources/Threading/Blocking.swift",
            remedy: "give the task to a group that waits for it"
        ),
        Rule(
            text: "getenv(",
            folders: [
                "Sources/Wire", "Sources/ONNX", "Sources/Serving", "Sources/LambdaRuntime",
                "Sources/LocalCloud", "Sources/CURL", "Sources/AWS", "Sources/TensorFiles",
            ],
            remedy: "read the environment in the program and pass the value"
        ),
        Rule(
            text: "Clock.now",
            folders: [
                "Sources/Wire", "Sources/Batching", "Sources/ONNX", "Sources/Serving",
                "Sources/LambdaRuntime",
                "Sources/AWS",
                "Sources/Backend",
                "Sources/Routing",
            ],
            remedy: "take `now` as a parameter"
        ),
        Rule(
            text: "import Glibc",
            folders: ["Sources/Batching"],
            remedy: "what decides asks nothing of the system"
        ),
        Rule(
            text: "import Threading",
            folders: ["Sources/Batching"],
            remedy: "what decides has no threads"
        ),
        Rule(
            text: "print(",
            folders: functionFolders + ["Sources/AWS", "Sources/LocalCloud", "Sources/mark"],
            remedy: "use Log or Terminal"
        ),
        Rule(
            text: "FIX" + "ME",
            folders: ["Sources", "Tests", "build-scripts"],
            remedy: "mend it or file an issue"
        ),
        Rule(
            text: "TO" + "DO",
            folders: ["Sources", "Tests", "build-scripts"],
            remedy: "do it or file an issue"
        ),
        Rule(text: "@testable", folders: ["Tests"], remedy: "package access reaches the tests"),
        Rule(text: "Thread.sleep", folders: ["Sources", "Tests"], remedy: "wait for an event"),
    ])
    private func `keeps to its rules`(rule: Rule) throws {
        for folder in rule.folders {
            for (file, lines) in try Self.sources(in: folder) where file != rule.except {
                for (number, line) in lines.enumerated() where Self.code(line).contains(rule.text) {
                    Issue.record("\(file):\(number + 1): \(rule.text): \(rule.remedy)")
                }
            }
        }
    }

    @Test func `has no line over 140 columns`() throws {
        // swift-format breaks code at 110; what it leaves longer are literals and tables.
        for (file, lines) in try Self.sources(in: "Sources") + Self.sources(in: "Tests") {
            for (number, line) in lines.enumerated() where line.count > 140 {
                Issue.record("\(file):\(number + 1): \(line.count) columns; break the line")
            }
        }
    }

    @Test func `has no function over 40 lines`() throws {
        for (file, lines) in try Self.sources(in: "Sources") where file.hasSuffix(".swift") {
            var open: (line: Int, indentation: Int)?
            for (number, line) in lines.enumerated() {
                let indentation = line.prefix { $0 == " " }.count
                let isDeclaration = line.contains(" func ") || line.drop { $0 == " " }.hasPrefix("func ")
                if open == nil, isDeclaration, !Self.code(line).contains("}") {
                    open = (number, indentation)
                } else if let start = open, indentation == start.indentation,
                    line.dropFirst(indentation) == "}"
                {
                    if number - start.line + 1 > 40 {
                        Issue.record(
                            "\(file):\(start.line + 1): \(number - start.line + 1) lines; cut the function where it changes subject"
                        )
                    }
                    open = nil
                }
            }
        }
    }

    @Test func `has no Swift file over 250 lines`() throws {
        for (file, lines) in try Self.sources(in: "Sources")
        where file.hasSuffix(".swift") && lines.count > 250 {
            Issue.record("\(file) has \(lines.count) lines; split it by what it does")
        }
    }

    @Test func `has nothing else at its top level`() throws {
        let allowed = [
            "LICENSE", "Package.swift", "README.md", "Sources", "Tests", "build-scripts", "template",
            "Package.resolved",
        ]
        let names = try Self.names(in: Self.root).filter { !$0.hasPrefix(".") }
        #expect(names.filter { !allowed.contains($0) } == [])
    }

    @Test func `has every script and file that the README names`() throws {
        let readme = try Self.lines(of: Self.root + "/README.md").joined(separator: "\n")
        for prefix in ["./build-scripts/", "template/", "Sources/", "build-scripts/"] {
            for part in readme.components(after: prefix) {
                let name = part.prefix { $0.isLetter || $0.isNumber || "-_./".contains($0) }
                let path =
                    Self.root + "/" + (prefix.hasPrefix("./") ? String(prefix.dropFirst(2)) : prefix) + name
                let isThere = access(path.last == "." ? String(path.dropLast()) : path, F_OK) == 0
                #expect(isThere, "the README names \(prefix)\(name), which is not there")
            }
        }
    }

    // MARK: Files

    /// Swift, C and script files under a folder, with their lines.
    private static func sources(in folder: String) throws -> [(file: String, lines: [String])] {
        var found: [(String, [String])] = []
        for name in try names(in: "\(root)/\(folder)") where !name.hasPrefix(".") && name != "__pycache__" {
            let path = "\(folder)/\(name)"
            if opendir("\(root)/\(path)").map({ closedir($0) }) != nil {
                found += try sources(in: path)
            } else if [".swift", ".c", ".cpp", ".h", ".sh"].contains(where: name.hasSuffix),
                !name.hasPrefix("TidyTests")
            {
                found.append((path, try lines(of: "\(root)/\(path)")))
            }
        }
        return found
    }

    private static func names(in folder: String) throws -> [String] {
        let directory = try #require(opendir(folder), "no folder \(folder)")
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func lines(of path: String) throws -> [String] {
        let file = try #require(fopen(path, "r"), "no file \(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// A line without its comment.
    private static func code(_ line: String) -> Substring {
        line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line[...]
    }
}

extension String {
    /// What follows each occurrence of a prefix that begins a word.
    fileprivate func components(after prefix: String) -> [Substring] {
        ranges(of: prefix).filter { range in
            guard range.lowerBound > startIndex else { return true }
            let before = self[index(before: range.lowerBound)]
            return !before.isLetter && before != "/" && before != "."
        }.map { self[$0.upperBound...] }
    }
}
