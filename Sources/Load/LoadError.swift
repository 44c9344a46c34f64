import Glibc

/// Why there is no load.
package enum LoadError: Error, Equatable, CustomStringConvertible {
    case address(String, String)
    case system(String, Int32)

    package var description: String {
        switch self {
        case .address(let host, let reason): "'\(host)' is no address: \(reason)"
        case .system(let what, let code): "\(what) failed: \(String(cString: strerror(code)))"
        }
    }
}
