import CPlatform
import Glibc
import LambdaRuntime
import Synchronization

/// A process of the function's.
final class ChildProcess: Sendable {
    /// How it ended, in the words of Lambda's own reports.
    enum Exit: Equatable, Sendable, CustomStringConvertible {
        case status(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .status(let status): "exit status \(status)"
            case .signal(let signal): "signal: \(String(cString: strsignal(signal)))"
            }
        }
    }

    struct CannotStart: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "\(path) cannot be started: \(reason)" }
    }

    private let identifier: pid_t
    // A process's number may be used again once it was waited for, so no signal is sent after that.
    private let isGone = Mutex(false)

    /// Starts a program in a folder with just these variables; lines of its output go to `output`.
    init(
        _ path: String,
        folder: String,
        variables: [String: String],
        output: @escaping @Sendable (String) -> Void
    ) throws(CannotStart) {
        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { throw CannotStart(path: path, reason: Self.error(errno)) }
        for descriptor in pipe { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO)
        cplatform_spawn_in_folder(&actions, folder)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: Ctrl-C on the terminal is for `mark up`, which then ends its children.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        var strings = variables.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var arguments = [strdup(path), nil]
        defer { for string in strings + arguments { free(string) } }
        var identifier = pid_t()
        let status = posix_spawn(&identifier, path, &actions, &attributes, &arguments, &strings)
        guard status == 0 else {
            close(pipe[0])
            throw CannotStart(path: path, reason: Self.error(status))
        }
        self.identifier = identifier
        let source = pipe[0]
        Thread.start { LineReader(descriptor: source).read(output) }
    }

    func kill() {
        isGone.withLock { isGone in
            // The whole group: a bootstrap that is a script has children.
            if !isGone { _ = Glibc.kill(-identifier, SIGKILL) }
        }
    }

    /// Waits for the process's end; to be called once.
    func exit() async -> Exit {
        await withCheckedContinuation { continuation in
            Thread.start { continuation.resume(returning: self.wait()) }
        }
    }

    private func wait() -> Exit {
        // First only look, so that the number stays ours until nobody can signal it any more.
        var info = siginfo_t()
        while waitid(P_PID, id_t(identifier), &info, Int32(WEXITED | WNOWAIT)) != 0 && errno == EINTR {}
        return isGone.withLock { isGone in
            isGone = true
            _ = Glibc.kill(-identifier, SIGKILL)
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            return signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
        }
    }

    private static func error(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// Reads lines until the other side is closed; a line without an end is cut.
private struct LineReader {
    let descriptor: Int32
    private static let lineMax = 64 * 1024

    init(descriptor: Int32) { self.descriptor = descriptor }

    func read(_ output: (String) -> Void) {
        defer { close(descriptor) }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
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
}
