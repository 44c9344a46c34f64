/// A certificate and its key, as PEM files.
package struct TLSFiles: Equatable, Sendable {
    /// The certificate, followed by those that signed it.
    package let certificates: String
    package let key: String

    package init(certificates: String, key: String) {
        self.certificates = certificates
        self.key = key
    }
}

/// Why TLS is not to be had.
package enum InvalidTLSFiles: Error, Equatable, CustomStringConvertible {
    case certificates(String, String)
    case key(String, String)
    case mismatch(String, String, String)
    case cannotMake(String)

    package var description: String {
        switch self {
        case .certificates(let path, let reason):
            "no certificate can be read from \(path) (\(reason)); give a PEM file with the certificate first"
        case .key(let path, let reason):
            "no private key can be read from \(path) (\(reason)); give a PEM file without a passphrase"
        case .mismatch(let certificates, let key, let reason):
            "the certificate in \(certificates) and the key in \(key) cannot be used together (\(reason))"
        case .cannotMake(let reason):
            "no TLS key can be made (\(reason)); install the program openssl, or give --tls-certificate and --tls-key"
        }
    }
}
