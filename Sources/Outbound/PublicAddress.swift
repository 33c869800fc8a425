/// Addresses that a server may reach on somebody's behalf: those of the public Internet.
///
/// Source: IANA special-purpose address registries (RFC 6890 and after).
enum PublicAddress {
    /// Whether four bytes are an address that anybody may reach.
    static func isPublic(v4 bytes: some Collection<UInt8>) -> Bool {
        let b = Array(bytes)
        guard b.count == 4 else { return false }
        switch (b[0], b[1], b[2]) {
        case (0, _, _), (10, _, _), (127, _, _), (224..., _, _): return false
        case (100, 64...127, _), (169, 254, _), (172, 16...31, _), (192, 168, _): return false
        case (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _), (198, 51, 100),
            (203, 0, 113):
            return false
        default: return true
        }
    }

    /// Whether sixteen bytes are an address that anybody may reach; an IPv4 one inside counts as that.
    static func isPublic(v6 bytes: some Collection<UInt8>) -> Bool {
        let b = Array(bytes)
        guard b.count == 16 else { return false }
        if b[..<10].allSatisfy({ $0 == 0 }), b[10] == 0xFF, b[11] == 0xFF {
            return isPublic(v4: b[12...])
        }
        if b[..<12].elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return isPublic(v4: b[12...])
        }
        // 6to4 and Teredo carry an IPv4 address too, and nobody needs them.
        if b[0] == 0x20, b[1] == 0x02 || b[1] == 0x01 && b[2] == 0 && b[3] == 0 { return false }
        if b[0] == 0x20, b[1] == 0x01, b[2] == 0x0D, b[3] == 0xB8 { return false }
        // Global unicast is all that is given out.
        return b[0] & 0xE0 == 0x20
    }
}
