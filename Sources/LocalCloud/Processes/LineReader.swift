import Glibc

/// Reads lines from a pipe until its other side is closed or somebody stops it; a line too long is cut.
struct LineReader {
    let descriptor: Int32
    /// When the other side of this pipe is closed, the reader takes what is there and no more.
    let stopping: Int32

    static let lineMax = 64 * 1024

    /// Returns after the last line, with both descriptors closed.
    func read(_ output: (String) -> Void) {
        defer {
            close(descriptor)
            close(stopping)
        }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while waitForBytes() {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer[..<count] {
                if byte != UInt8(ascii: "\n"), line.count < Self.lineMax {
                    line.append(byte)
                } else {
                    output(String(decoding: line, as: UTF8.self))
                    line = byte == UInt8(ascii: "\n") ? [] : [byte]
                }
            }
        }
        if !line.isEmpty { output(String(decoding: line, as: UTF8.self)) }
    }

    /// Whether a read would return at once; false when stopped and nothing is left.
    private func waitForBytes() -> Bool {
        var files = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stopping, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&files, 2, -1) < 0 && errno == EINTR {}
        return files[0].revents != 0
    }
}
