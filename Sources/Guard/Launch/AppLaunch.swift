internal import VaultCore

/// What lets a client start at a person's browser: where answers go back to, and how people read of it.
///
/// Source: SMART App Launch 2.2; RFC 6749 section 3.1.2; RFC 8252 section 7 for apps on a device.
public struct AppLaunch: Sendable, Hashable {
    /// The app's name, as people read it before they agree.
    public let name: String
    /// Where answers go; compared byte for byte.
    public let redirects: [String]
    /// Most days that a consent given in the browser lasts.
    public let days: Int

    /// Describes an app.
    ///
    /// Gives `nil` where the name is empty or longer than 100 bytes, there is no redirect or more than 10, one of them
    /// is not `https:`, loopback `http:` or a scheme with a dot, or days are not 1 to 366.
    ///
    /// - Parameters:
    ///   - name: As people read it.
    ///   - redirects: Where answers go.
    ///   - days: Most days that a consent lasts.
    public init?(name: String, redirects: [String], days: Int = 90) {
        guard !name.isEmpty, name.utf8.count <= 100,
            name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }),
            (1...10).contains(redirects.count), redirects.allSatisfy(Self.isRedirect),
            (1...366).contains(days)
        else { return nil }
        self.name = name
        self.redirects = redirects
        self.days = days
    }

    /// Whether a text may be registered as a redirect.
    private static func isRedirect(_ text: String) -> Bool {
        guard text.utf8.count <= 500, let colon = text.firstIndex(of: ":"),
            // Nothing that ends a header field, a page's attribute or a directive of its security policy.
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"'<>\\^`{|};,#*".utf8.contains($0) }
            )
        else { return false }
        let rest = text[colon...]
        switch text[..<colon] {
        case "https": return rest.hasPrefix("://") && hasHost(rest.dropFirst(3))
        case "http":
            return ["127.0.0.1", "localhost", "[::1]"].contains {
                rest.hasPrefix("://\($0):") || rest.hasPrefix("://\($0)/")
            }
        case let scheme:
            return scheme.contains(".") && rest.utf8.count > 1
                && scheme.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
                        || [0x2B, 0x2D, 0x2E].contains($0)
                }
        }
    }

    private static func hasHost(_ rest: Substring) -> Bool {
        guard let first = rest.utf8.first, first != 0x2F, first != 0x3F else { return false }
        return !rest.prefix { $0 != "/" }.contains("@")
    }

    /// Where a page's form may lead to, as a source of its Content-Security-Policy.
    ///
    /// - Parameter redirect: One of ``redirects``.
    /// - Returns: Scheme and host, or the scheme alone.
    public static func source(of redirect: String) -> String {
        guard let range = redirect.firstRange(of: "://") else {
            return String(redirect.prefix { $0 != ":" }) + ":"
        }
        let host = redirect[range.upperBound...].prefix { $0 != "/" && $0 != "?" }
        let isWeb = redirect.hasPrefix("http")
        return isWeb
            ? "\(redirect[..<range.upperBound])\(host)" : "\(redirect[..<range.lowerBound]):"
    }

    var json: JSONValue {
        ["name": .string(name), "redirects": .strings(redirects), "days": .int(Int64(days))]
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.string, let redirects = json["redirects"]?.stringArray,
            let days = json["days"]?.int
        else { return nil }
        self.init(name: name, redirects: redirects, days: Int(clamping: days))
    }
}
