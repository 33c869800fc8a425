internal import MerkleLog
internal import VaultCore

/// The subscriptions that follow from the log: hashes of what was asked for, by id.
struct SubscriptionReplay {
    private(set) var digests: [String: String] = [:]

    mutating func apply(_ entry: LoggedEntry) throws {
        guard let told = entry.header["subscription"] else { return }
        guard let id = told["id"]?.string else { throw GuardError.damagedState }
        switch entry["action"] {
        case "subscribe":
            guard let digest = told["digest"]?.string else { throw GuardError.damagedState }
            digests[id] = digest
        case "unsubscribe": digests[id] = nil
        default: return
        }
    }

    /// Whether what is kept under a key is what the log says.
    func isExpected(_ key: [UInt8], _ registration: [UInt8]) -> Bool {
        digests[String(decoding: key, as: UTF8.self)] == Subscription.digest(of: registration)
    }

    func isKnown(_ key: [UInt8]) -> Bool { digests[String(decoding: key, as: UTF8.self)] != nil }
}
