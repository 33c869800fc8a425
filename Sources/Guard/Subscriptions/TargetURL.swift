/// Where notifications may be sent: a plain https URL, or http on this machine's own loopback.
///
/// Strict on purpose: no user part, no fragment, no escapes in the host, no address in brackets.
public struct TargetURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether it is https.
    public let isSecure: Bool
    /// Host name in small letters, or an IPv4 address.
    public let host: String
    /// Port; 443 or 80 where none was written.
    public let port: Int
    /// Path and query, with the first slash.
    public let path: String

    /// Reads a URL.
    ///
    /// Gives `nil` for anything else than `https://HOST[:PORT]/PATH`, or http to `127.0.0.1` or `localhost`.
    ///
    /// - Parameter text: At most 2,000 printable ASCII characters.
    public init?(_ text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://"), text.utf8.count <= 2_000,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C && $0 != 0x23 })
        else { return nil }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        let parts = place.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, parts[0].utf8.count <= 253,
            parts[0].utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E
            })
        else { return nil }
        host = parts[0].lowercased()
        var port = isSecure ? 443 : 80
        if parts.count == 2 {
            guard let number = Int(parts[1]), (1...65_535).contains(number) else { return nil }
            port = number
        }
        self.isSecure = isSecure
        self.port = port
        let path = rest.dropFirst(place.count)
        self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
        guard isSecure || isLoopback else { return nil }
    }

    /// Whether its name says that it is this machine.
    public var isLoopback: Bool { host == "localhost" || host.hasPrefix("127.") }

    /// Scheme, host and port: what a client is registered with.
    public var origin: String { "\(isSecure ? "https" : "http")://\(host):\(port)" }

    /// The whole URL, port written out.
    public var description: String { origin + path }
}
