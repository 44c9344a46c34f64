/// Decides which models are to be read again, from looks at the repository's folder at regular intervals.
///
/// A folder counts once two looks in succession see the same files: one that is still being copied changes between them.
package struct RepositoryWatch: Sendable {
    package enum Change: Equatable, Sendable {
        case load(String)
        /// Its folder is gone.
        case remove(String)
    }

    /// As what is served was read.
    private var served: [String: FolderStamp]
    private var seen: [String: FolderStamp]

    /// - Parameter folders: the folders of the models, by name, as they were before the repository was read.
    package init(_ folders: [String: FolderStamp]) {
        served = folders
        seen = folders
    }

    /// What a look at the folders comes to; in order of names.
    package mutating func look(_ folders: [String: FolderStamp]) -> [Change] {
        var changes: [Change] = []
        for name in Set(folders.keys).union(served.keys).sorted() {
            let now = folders[name]
            guard now != served[name], now == seen[name] else { continue }
            served[name] = now
            changes.append(now == nil ? .remove(name) : .load(name))
        }
        seen = folders
        return changes
    }
}
