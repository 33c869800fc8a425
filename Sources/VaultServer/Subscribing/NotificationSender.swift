internal import Guard
internal import VaultCore

/// Sends a notification to an address; whether it was taken is all that comes back.
protocol NotificationSender: Sendable {
    /// Posts a body once; follows nothing, and waits no longer than a few seconds.
    ///
    /// - Parameters:
    ///   - body: FHIR JSON.
    ///   - target: Where to.
    ///   - headers: `Name: value`, checked before.
    /// - Returns: Whether the address answered with a status of success.
    func post(_ body: [UInt8], to target: TargetURL, headers: [String]) -> Bool
}

/// What notifications may reach.
public struct NotificationSettings: Sendable {
    /// Whether addresses of this very machine may be told, over plain HTTP too: for trying things out.
    public var allowsLoopback = false
    /// Most time of one attempt.
    public var timeout: Duration = .seconds(10)

    /// A PEM file with authorities that are trusted beside the machine's own.
    public var authorities: String?

    /// Public addresses only.
    public init() {}
}
