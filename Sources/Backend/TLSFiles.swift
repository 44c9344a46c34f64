import NIOCore
import NIOSSL

/// A certificate and its key, as PEM files.
package struct TLSFiles: Equatable, Sendable {
    /// The certificate, followed by those that signed it.
    package let certificates: String
    package let key: String

    package init(certificates: String, key: String) {
        self.certificates = certificates
        self.key = key
    }

    func context() throws(InvalidTLSFiles) -> TLSContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificates) } catch {
            throw .certificates(certificates, "\(error)")
        }
        let privateKey: NIOSSLPrivateKey
        do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
            throw .key(key, "\(error)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(privateKey)
        )
        configuration.applicationProtocols = ["http/1.1"]
        do { return TLSContext(context: try NIOSSLContext(configuration: configuration)) } catch {
            throw .mismatch(certificates, key, "\(error)")
        }
    }
}

/// What connections need to speak TLS.
struct TLSContext: Sendable {
    let context: NIOSSLContext

    func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context) }
}

/// Why TLS files are refused.
package enum InvalidTLSFiles: Error, Equatable, CustomStringConvertible {
    case certificates(String, String)
    case key(String, String)
    case mismatch(String, String, String)

    package var description: String {
        switch self {
        case .certificates(let path, let reason):
            "no certificate can be read from \(path) (\(reason)); give a PEM file with the certificate first"
        case .key(let path, let reason):
            "no private key can be read from \(path) (\(reason)); give a PEM file without a passphrase"
        case .mismatch(let certificates, let key, let reason):
            "the certificate in \(certificates) and the key in \(key) cannot be used together (\(reason))"
        }
    }
}
