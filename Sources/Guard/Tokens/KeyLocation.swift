public import VaultCore

/// Where a client or provider publishes its keys: a JWKS behind a URL that an administrator registered.
public struct KeyLocation: Sendable, Hashable {
    /// The document's URL, exactly; nothing it redirects to is followed.
    public let url: TargetURL
    /// Whether the host may have an address that is not public, as inside a hospital.
    public let isInternal: Bool

    /// Names a place.
    ///
    /// - Parameters:
    ///   - url: The document's URL.
    ///   - isInternal: Whether the host may have an address that is not public.
    public init(url: TargetURL, isInternal: Bool = false) {
        self.url = url
        self.isInternal = isInternal
    }

    var json: JSONValue { ["url": .string(url.description), "internal": .bool(isInternal)] }

    init?(json: JSONValue) {
        guard let url = json["url"]?.string.flatMap({ TargetURL($0) }),
            let isInternal = json["internal"]?.bool
        else { return nil }
        self.init(url: url, isInternal: isInternal)
    }
}

/// Fetches key sets for the Guard, in the Guard's own process.
public protocol KeySetSource: Sendable {
    /// Gets the document once; blocks for some seconds at most.
    ///
    /// - Parameter location: As registered.
    /// - Returns: The JSON of an answer with status 200 and at most ``KeySetAge/longestDocument`` bytes; `nil` for
    ///   anything else.
    func keySet(at location: KeyLocation) -> JSONValue?
}

/// When the keys behind a URL are fetched again, and how long a set holds.
///
/// Pure: a rotated key is taken at its first use, a withdrawn one ends within the hour, and a host that is down for
/// a day ends its client's right to ask. Nobody makes the Guard fetch more often than twice a minute.
public struct KeySetAge: Sendable, Hashable {
    /// Most bytes of a document.
    public static let longestDocument = 64 << 10
    /// A set this old is fetched again when it is used.
    static let recheck: Duration = .seconds(3_600)
    /// A set this old is not used any more.
    static let longest: Duration = .seconds(86_400)
    /// Between two attempts, whatever came of them.
    static let pause: Duration = .seconds(30)

    /// When the set came last.
    var fetched: Instant?
    /// When it was last asked for.
    var tried: Instant?

    /// Whether to fetch before the set is used.
    func isDue(now: Instant, knowsKey: Bool) -> Bool {
        if let tried, now < tried.advanced(by: Self.pause) { return false }
        guard let fetched, knowsKey else { return true }
        return now >= fetched.advanced(by: Self.recheck)
    }

    /// Whether the set may be believed.
    func holds(now: Instant) -> Bool {
        fetched.map { now < $0.advanced(by: Self.longest) } ?? false
    }
}
