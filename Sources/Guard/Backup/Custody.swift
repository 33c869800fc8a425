internal import Consent
internal import MerkleLog
public import Sealing
internal import VaultCore

/// The parts of a backup; each is sealed to a custodian of its own.
public enum BackupPart: String, Sendable, Hashable, CaseIterable {
    /// Sealed records.
    case records
    /// The Guard's log and state without patients' keys, with the root key's file and the policies.
    case `guard`
    /// The wrapped keys of patients and shards; small, and made anew after each erasure.
    case keys
}

/// A custodian's key as the log knows it.
public struct Custody: Sendable, Hashable {
    /// From 1; a new one replaces all before it.
    public let generation: Int
    /// Parts are sealed to it.
    public let publicKey: CustodyPublicKey
}

extension GuardCore {
    /// Names the key that a part of later backups is sealed to.
    ///
    /// - Parameters:
    ///   - key: The custodian's.
    ///   - part: Which part.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: Its generation.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func setCustody(
        _ key: CustodyPublicKey,
        of part: BackupPart,
        by caller: Caller,
        context: CallContext
    ) throws -> Int {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "custody")
            let state = mutable.state
            let generation = (try state.custody(of: part)?.generation ?? 0) + 1
            var header = try state.header(.key, by: actor, context: context)
            header.action = "custody"
            let json: JSONValue = [
                "part": .string(part.rawValue), "generation": .int(Int64(generation)),
                "publicKey": .string(Base64.encode(key.bytes)),
            ]
            header.more = [.init("custody", json)]
            try state.append(header)
            state.setItem(.meta, GuardState.custodyMark(part), json.bytes)
            try state.commit()
            return generation
        }
    }

    /// The key that a part of backups is sealed to.
    ///
    /// - Parameters:
    ///   - part: Which part.
    ///   - caller: Anybody whom the vault knows, by ``GuardRequest/status``: it is a public key.
    /// - Returns: `nil` before there is a custodian.
    /// - Throws: ``GuardError/notAuthenticated`` and other ``Failure``s.
    public func custody(of part: BackupPart, by caller: Caller) throws -> Custody? {
        try exclusively { mutable in
            _ = try authorize(
                caller,
                &mutable,
                for: GuardRequest.status,
                kinds: Set(RequesterKind.allCases),
                action: "see the status"
            )
            return try mutable.state.custody(of: part)
        }
    }
}

extension GuardState {
    static func custodyMark(_ part: BackupPart) -> [UInt8] {
        Array("custody-\(part.rawValue)".utf8)
    }

    func custody(of part: BackupPart) throws -> Custody? {
        guard let bytes = try item(.meta, Self.custodyMark(part)) else { return nil }
        guard let json = JSONValue(parsing: bytes),
            let generation = json["generation"]?.int.flatMap({ Int(exactly: $0) }),
            let key = json["publicKey"]?.string.flatMap({ Base64.decode($0) })
        else { throw GuardError.damagedState }
        return Custody(generation: generation, publicKey: try CustodyPublicKey(key))
    }
}
