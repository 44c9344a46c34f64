import Glibc

/// A pipe that no started program inherits.
struct Pipe {
    let output: Int32
    let input: Int32

    /// Nil with the reason in `errno`.
    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = ends[0]
        input = ends[1]
    }
}
