import Glibc

/// What tells whether the files of a folder have changed: their sizes, times and places on the disk.
package struct FolderStamp: Equatable, Sendable {
    package struct File: Equatable, Sendable {
        let size: Int
        /// Nanoseconds since 1970.
        let modified: Int64
        let place: UInt64

        package init(size: Int, modified: Int64, place: UInt64) {
            self.size = size
            self.modified = modified
            self.place = place
        }
    }

    /// By path within the folder.
    package var files: [String: File]

    package init(files: [String: File] = [:]) { self.files = files }

    /// More than any model has; what lies beyond is not looked at.
    private static let filesMax = 10_000
    private static let depthMax = 4

    /// Reads a folder; nil when there is none.
    init?(of folder: String) {
        guard Serving.File.names(in: folder) != nil else { return nil }
        files = [:]
        read(folder, prefix: "", depth: 0)
    }

    private mutating func read(_ folder: String, prefix: String, depth: Int) {
        for name in Serving.File.names(in: folder) ?? [] where files.count < Self.filesMax {
            var status = stat()
            // A file that a link points to counts by what it is, not by the link.
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                if depth < Self.depthMax {
                    read("\(folder)/\(name)", prefix: "\(prefix)\(name)/", depth: depth + 1)
                }
                continue
            }
            let time = status.st_mtim
            files[prefix + name] = File(
                size: Int(status.st_size),
                modified: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
                place: UInt64(status.st_ino)
            )
        }
    }
}
