internal import Glibc
internal import VaultCore

/// Addresses that are somebody's together: an IPv4 address alone, or the /64 of an IPv6 address, whose holder can
/// call from any of its 2^64.
///
/// Source: RFC 4291 sections 2.5.1 (a /64 is one network) and 2.5.5.2 (IPv4 at a socket for both).
struct AddressGroup: Hashable {
    private let text: String

    /// Takes an address as the system writes it; what is none of both stands for itself.
    init(_ address: String?) {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard let address, inet_pton(AF_INET6, address, &bytes) == 1 else {
            text = address ?? ""
            return
        }
        if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
            text = bytes.suffix(4).map(String.init).joined(separator: ".")
        } else {
            text = Hex.encode(bytes.prefix(8))
        }
    }
}
