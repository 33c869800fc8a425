public import VaultCore

/// Asks for an ``AccessLog``.
public struct AccessLogQuery: Sendable, Hashable {
    /// First moment of the window.
    public var from: Instant
    /// First moment after it.
    public var until: Instant
    /// Which entries are told in full.
    public var through: AccessFilter

    /// Asks for a window.
    ///
    /// - Parameters:
    ///   - from: First moment of the window.
    ///   - until: First moment after it.
    ///   - through: Which entries are told in full; the others are only counted.
    public init(from: Instant, until: Instant, through: AccessFilter = .everything) {
        self.from = from
        self.until = until
        self.through = through
    }

    /// The one text of this query, as it is signed.
    public var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("kind", "access-log"), .init("from", .int(from.microseconds)),
            .init("until", .int(until.microseconds)),
        ]
        if let through = through.json { members.append(.init("through", through)) }
        return .object(members)
    }
}
