import Glibc

/// OpenSSL's own test server, with a key made for it.
final class TLSServer {
    let port: Int
    /// Of its key, made by OpenSSL as well.
    let pin: String
    static let otherPin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    private let folder: String
    private let output: UnsafeMutablePointer<FILE>

    var url: String { "https://localhost:\(port)/" }

    init() throws {
        var template = Array("/tmp/mark-tls-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(what: "mkdtemp") }
        folder = String(cString: made)
        let files = "-keyout \(folder)/key -out \(folder)/certificate"
        _ = try Self.output(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=backend \(files) 2>&1"
        )
        let hash =
            "openssl pkey -in \(folder)/key -pubout -outform DER | openssl dgst -sha256 -binary | openssl base64"
        pin = "sha256//" + (try Self.output(hash)).prefix { $0 != "\n" }
        // The server's input stays open for as long as its output is read: it ends with this pipe.
        let command =
            "echo $$; exec openssl s_server -accept 127.0.0.1:0 -www -key \(folder)/key -cert \(folder)/certificate 2>&1"
        guard let pipe = popen(command, "r") else { throw Failure(what: "popen") }
        output = pipe
        processID = Int32(Self.line(of: pipe).filter(\.isNumber)) ?? 0
        var line = Self.line(of: pipe)
        while !line.isEmpty, !line.hasPrefix("ACCEPT") { line = Self.line(of: pipe) }
        let digits = line.reversed().drop { !$0.isNumber }.prefix { $0.isNumber }
        guard let port = Int(String(digits.reversed())) else { throw Failure(what: "s_server: \(line)") }
        self.port = port
    }

    private let processID: Int32

    func stop() {
        if processID > 0 { kill(processID, SIGKILL) }
        pclose(output)
        for name in ["key", "certificate"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private struct Failure: Error { let what: String }

    private static func output(_ command: String) throws -> String {
        guard let pipe = popen(command, "r") else { throw Failure(what: command) }
        var text = ""
        while case let line = line(of: pipe), !line.isEmpty { text += line }
        guard pclose(pipe) == 0 else { throw Failure(what: "\(command): \(text)") }
        return text
    }

    /// The next line with its end; empty at the end of the output.
    private static func line(of file: UnsafeMutablePointer<FILE>) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
