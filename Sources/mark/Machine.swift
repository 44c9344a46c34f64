import CPlatform
import Glibc

/// What this machine says of itself.
enum Machine {
    /// Cores that this process may use.
    static var cores: Int { Int(cplatform_cores()) }

    /// The instance type on EC2, whose machines carry it as their product name; nil elsewhere.
    static var instanceType: String? {
        guard text("/sys/devices/virtual/dmi/id/sys_vendor") == "Amazon EC2" else { return nil }
        return text("/sys/devices/virtual/dmi/id/product_name")
    }

    /// Resident memory of this process, in bytes.
    static func residentBytes() -> Int {
        // Pages: total, resident, shared, …
        let fields = text("/proc/self/statm")?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }

    /// A small file's text without the space at its end.
    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
        let end = bytes.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? 0
        return end > 0 ? String(decoding: bytes[..<end], as: UTF8.self) : nil
    }
}
