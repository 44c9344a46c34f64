import Glibc

/// A file's bytes as memory, read from the disk as they are touched, and gone with this object.
final class MappedFile: Sendable {
    // Nobody writes to it: whoever maps the same file shares its pages.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// The file, whatever names it has.
    let device: UInt64
    let number: UInt64

    /// Maps a file; nil when it cannot be, as when it is empty.
    init?(_ path: String) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0,
            let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED
        else { return nil }
        bytes = UnsafeRawBufferPointer(start: start, count: Int(status.st_size))
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    /// Gives the pages back; who touches them gets them again, from the system's cache of the file.
    func forgetPages() {
        madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, Int32(MADV_DONTNEED))
    }

    func isSameFile(as other: MappedFile) -> Bool {
        (device, number, bytes.count) == (other.device, other.number, other.bytes.count)
    }

    func hasSameBytes(as other: MappedFile) -> Bool {
        guard bytes.count == other.bytes.count, let one = bytes.baseAddress,
            let another = other.bytes.baseAddress
        else { return false }
        return memcmp(one, another, bytes.count) == 0
    }
}
