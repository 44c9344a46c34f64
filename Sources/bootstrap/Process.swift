import CPlatform
import Glibc
import Wire

/// This process's view of the system: the only place that reads its clock and environment, sleeps and writes.
enum Process {
    static var environment: [String: String] {
        var variables: [String: String] = [:]
        var next = cplatform_environment()
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return variables
    }

    static func now() -> WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    static func sleep(milliseconds: Int64) {
        var rest = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        while case let wanted = rest, withUnsafePointer(to: wanted, { nanosleep($0, &rest) }) != 0,
            errno == EINTR
        {}
    }

    /// Writes a line at once: a frozen process would keep what a buffer holds.
    static func write(_ line: [UInt8]) { write(line, to: STDOUT_FILENO) }

    static func write(_ line: [UInt8], to descriptor: Int32) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends at once on SIGTERM, also from inside the wait for an event: there is nothing to save.
    static func endOnSIGTERM() {
        signal(SIGTERM) { _ in _exit(0) }
    }
}
