import CPlatform
import Glibc
import LambdaRuntime
import Synchronization
import Threading

/// A process of the function's, which ends with this one whatever happens.
final class ChildProcess: Sendable {
    /// How it ended, in the words of Lambda's own reports.
    enum Exit: Equatable, Sendable, CustomStringConvertible {
        case status(Int32)
        case signal(Int32)

        var description: String {
            switch self {
            case .status(let status): "exit status \(status)"
            case .signal(let signal): "signal: \(String(cString: strsignal(signal)).lowercased())"
            }
        }
    }

    struct CannotStart: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "\(path) cannot be started: \(reason)" }
    }

    private enum State {
        /// With who waits for its end.
        case running(CheckedContinuation<Exit, Never>?)
        /// Its number may be used again, so no signal is sent; the rest of its output is being read.
        case reaped(CheckedContinuation<Exit, Never>?)
        case gone(Exit)
    }

    private let identifier: pid_t
    private let state = Mutex(State.running(nil))

    private init(_ identifier: pid_t) { self.identifier = identifier }

    /// Starts a program in a folder with just these variables; lines of its output go to `output`, all before
    /// its exit is told.
    static func start(
        _ path: String,
        arguments: [String] = [],
        folder: String,
        variables: [String: String],
        output: @escaping @Sendable (String) -> Void
    ) async throws(CannotStart) -> ChildProcess {
        // The thread that starts a process lives as long as it does, because the kernel ties the child's life
        // to it.
        let started = await withCheckedContinuation { continuation in
            Thread.start { supervise(path, arguments, folder, variables, output, continuation) }
        }
        return try started.get()
    }

    private static func supervise(
        _ path: String,
        _ arguments: [String],
        _ folder: String,
        _ variables: [String: String],
        _ output: @escaping @Sendable (String) -> Void,
        _ started: CheckedContinuation<Result<ChildProcess, CannotStart>, Never>
    ) {
        guard let pipe = Pipe(), let stopping = Pipe() else {
            return started.resume(returning: .failure(CannotStart(path: path, reason: error(errno))))
        }
        let variables = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var strings = variables.map { strdup($0) } + [nil]
        var arguments = ([path] + arguments).map { strdup($0) } + [nil]
        let identifier = cplatform_start(path, &arguments, &strings, folder, pipe.input)
        for string in strings + arguments { free(string) }
        close(pipe.input)
        guard identifier > 0 else {
            for end in [pipe.output, stopping.output, stopping.input] { close(end) }
            return started.resume(returning: .failure(CannotStart(path: path, reason: error(-identifier))))
        }
        let process = ChildProcess(identifier)
        let end = Mailbox<Void>()
        let reader = LineReader(descriptor: pipe.output, stopping: stopping.output)
        Thread.start {
            reader.read(output)
            end.put(())
        }
        started.resume(returning: .success(process))
        let exit = process.reap()
        // A grandchild that left the group may hold the pipe open; what is in it now is all that counts.
        close(stopping.input)
        end.take()
        process.finish(exit)
    }

    /// Kills it and its children, unless it is gone.
    func kill() {
        state.withLock { state in
            if case .running = state { _ = Glibc.kill(-identifier, SIGKILL) }
        }
    }

    /// Asks it to end in order, unless it is gone.
    func terminate() {
        state.withLock { state in
            if case .running = state { _ = Glibc.kill(identifier, SIGTERM) }
        }
    }

    /// Waits for the process's end; one waits at a time.
    func exit() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> Exit? in
                switch state {
                case .running: state = .running(continuation)
                case .reaped: state = .reaped(continuation)
                case .gone(let exit): return exit
                }
                return nil
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    private func reap() -> Exit {
        // First only look, so that the number stays ours until nobody can signal it any more.
        var info = siginfo_t()
        while waitid(P_PID, id_t(identifier), &info, Int32(WEXITED | WNOWAIT)) != 0 && errno == EINTR {}
        return state.withLock { state in
            if case .running(let waiter) = state { state = .reaped(waiter) }
            _ = Glibc.kill(-identifier, SIGKILL)
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
            let signal = status & 0x7F
            return signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
        }
    }

    private func finish(_ exit: Exit) {
        let waiter = state.withLock { state -> CheckedContinuation<Exit, Never>? in
            defer { state = .gone(exit) }
            if case .reaped(let waiter) = state { return waiter }
            return nil
        }
        waiter?.resume(returning: exit)
    }

    private static func error(_ code: Int32) -> String { String(cString: strerror(code)) }
}
