internal import Consent
internal import MerkleLog
public import Sealing
public import VaultCore

/// What a backup's head says of the log that it holds.
public struct BackupHead: Sendable, Hashable {
    /// When it was made.
    public let time: Instant
    /// The checkpoint that the copied log ends with or just after.
    public let checkpoint: String
    /// Entries that it covers.
    public let logSize: UInt64
}

extension GuardCore {
    /// Copies log and state into a new file, and the wrapped keys out of it; an entry first.
    ///
    /// Requests wait meanwhile, so that records copied by `records` fit the log: rows whose write has not
    /// ended are closed by the first start after a restore, as after a crash.
    ///
    /// - Parameters:
    ///   - path: A file that does not exist yet; without patients' and shards' keys afterwards.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    ///   - records: Copies the rows.
    /// - Returns: The wrapped keys as one text, and what the log is.
    /// - Throws: ``GuardError/notPermitted(action:)`` and other ``Failure``s.
    public func export(
        to path: String,
        by caller: Caller,
        context: CallContext,
        records: () throws -> Void
    ) throws -> (keys: [UInt8], head: BackupHead) {
        // The entry is durable before the copy begins.
        try announceBackup(by: caller, context: context)
        return try exclusively { mutable in
            let state = mutable.state
            let note = try checkpoint(&mutable.state)
            let size = state.frontier.size
            let kept = try state.storage.exportCopy(to: path, withholding: Self.withheld)
            try records()
            return (
                KeyPart.encoded(kept),
                BackupHead(time: state.clock.now(), checkpoint: note, logSize: size)
            )
        }
    }

    private func announceBackup(by caller: Caller, context: CallContext) throws {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "backup")
            let state = mutable.state
            var header = try state.header(.system, by: actor, context: context)
            header.action = "backup"
            try state.append(header)
            try state.commit()
        }
    }

    static let withheld: [ItemKind] = [.patientKey, .nextPatientKey, .shardKey]

    /// Puts the wrapped keys back into a restored store, but none of a patient whom its log names erased.
    ///
    /// - Parameters:
    ///   - keys: As ``export(to:by:context:records:)`` gave them, from this backup or a newer one.
    ///   - storage: The restored one; nobody else has it open.
    ///   - root: Opens the ring.
    ///   - vault: The vault's id.
    /// - Returns: How many keys were left out.
    /// - Throws: ``GuardError/damagedState`` where the text is none, and other ``Failure``s.
    public static func importKeys(
        _ keys: [UInt8],
        into storage: any GuardStorage,
        root: SecretKey,
        vault: VaultID
    ) throws -> Int {
        let ring = try KeyRing.open(root: root, vault: vault) {
            try storage.item(.ring, Array($0.utf8))
        }
        var erased: Set<[UInt8]> = []
        try storage.forEachItem(.patient) { key, sealed in
            let bytes = try ring.open(sealed, kind: .patient, key: key)
            if try PatientState(decoding: bytes).erasedAt != nil { erased.insert(key) }
        }
        let changes = try KeyPart.decoded(keys)
        let wanted = changes.filter { $0.kind == .shardKey || !erased.contains($0.key) }
        // Sealed before the state key was replaced: installed, they would open nothing for anybody.
        for item in wanted
        where (try? ring.open(item.value ?? [], kind: item.kind, key: item.key)) == nil {
            throw GuardError.invalid(field: "keys: of another state key than the Guard's part")
        }
        try storage.commit(StorageBatch(firstIndex: try storage.logSize(), items: wanted))
        return changes.count - wanted.count
    }

    /// Says in the log that this vault was restored.
    ///
    /// - Parameters:
    ///   - made: When the backup was made.
    ///   - withheld: Keys of erased patients that were left out.
    ///   - caller: The operator.
    ///   - context: Where the call came from.
    /// - Throws: A ``Failure``.
    public func recordRestore(
        made: Instant,
        withheld: Int,
        by caller: Caller,
        context: CallContext
    ) throws {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "restore")
            let state = mutable.state
            var header = try state.header(.system, by: actor, context: context)
            header.action = "restore"
            header.more = [
                .init("backupMade", .string(made.description)),
                .init("keysWithheld", .int(Int64(withheld))),
            ]
            try state.append(header)
            try state.commit()
        }
    }
}

/// The wrapped keys of a backup: for each its table, key and value as they are stored, sealed.
enum KeyPart {
    static func encoded(_ items: [ItemChange]) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.integer(UInt64(items.count))
        for item in items {
            writer.byte(item.kind.rawValue)
            writer.blob(item.key)
            writer.blob(item.value ?? [])
        }
        return writer.bytes
    }

    static func decoded(_ bytes: [UInt8]) throws(GuardError) -> [ItemChange] {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw .damagedState }
        let count = try reader.integer()
        guard count <= UInt64(bytes.count) else { throw .damagedState }
        var items: [ItemChange] = []
        for _ in 0..<count {
            guard let kind = ItemKind(rawValue: try reader.byte()),
                GuardCore.withheld.contains(kind)
            else { throw .damagedState }
            let key = try reader.blob()
            items.append(ItemChange(kind: kind, key: key, value: try reader.blob()))
        }
        try reader.finish()
        return items
    }
}
