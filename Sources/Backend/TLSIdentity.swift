import AWS
import Glibc
import NIOCore
import NIOSSL
import Wire

/// A certificate and its key, ready to be used.
package struct TLSIdentity: Sendable {
    /// `sha256//` and the Base64 SHA-256 of the key's SubjectPublicKeyInfo: what libcurl's CURLOPT_PINNEDPUBLICKEY takes.
    package let pin: String
    private let context: NIOSSLContext

    /// - Throws: what is wrong with which file.
    package init(_ files: TLSFiles) throws(InvalidTLSFiles) {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(files.certificates) } catch {
            throw .certificates(files.certificates, "\(error)")
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: files.key, format: .pem) } catch {
            throw .key(files.key, "\(error)")
        }
        do { try self.init(chain, key) } catch {
            throw .mismatch(files.certificates, files.key, "\(error)")
        }
    }

    /// A key and a certificate that nobody else has, made now: whoever connects knows the key by its pin, not by who signed it.
    ///
    /// The `openssl` program makes them, as NIO's BoringSSL has no such function and swift-crypto would cost minutes of building. They come
    /// through a pipe, so that the key is never in a file. Takes some 10 ms, for which it blocks.
    package static func selfMade() throws(InvalidTLSFiles) -> TLSIdentity {
        let command =
            "exec openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -batch -days 3650 "
            + "-subj /CN=mark -keyout /dev/stdout -out /dev/stdout 2>/dev/null"
        guard let pipe = popen(command, "re") else {
            throw .cannotMake(String(cString: strerror(errno)))
        }
        var pem: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { pem += chunk[..<count] }
        let status = pclose(pipe)
        guard status == 0 else { throw .cannotMake("openssl ended with status \(status >> 8 & 0xFF)") }
        do {
            let key = try NIOSSLPrivateKey(bytes: pem, format: .pem)
            return try TLSIdentity(NIOSSLCertificate.fromPEMBytes(pem), key)
        } catch {
            throw .cannotMake("\(error)")
        }
    }

    private init(_ chain: [NIOSSLCertificate], _ key: NIOSSLPrivateKey) throws {
        guard let certificate = chain.first else { throw NIOSSLError.failedToLoadCertificate }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.applicationProtocols = ["http/1.1"]
        context = try NIOSSLContext(configuration: configuration)
        let digest = SHA256.hash(try certificate.extractPublicKey().toSPKIBytes())
        pin = "sha256//" + String(decoding: Base64.encode(digest), as: UTF8.self)
    }

    func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context) }
}
