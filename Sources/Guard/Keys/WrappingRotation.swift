internal import Consent
internal import MerkleLog
public import Sealing
internal import VaultCore

/// Keys of the ring that are replaced step by step, while everybody goes on working.
public enum StepwiseKey: String, Sendable, Hashable, CaseIterable {
    /// Wraps the audit keys, by which the parts and headers of log entries open.
    case audit
    /// Seals every item of the Guard's state.
    case state

    /// Name of the key in the ring.
    var name: String { self == .audit ? "audit-wrapping" : "state" }
    /// Name of the key before it, as long as something still needs that one.
    var formerName: String { name + "-former" }
    /// Tables whose items are made anew, in the order of their numbers.
    var kinds: [ItemKind] {
        guard self == .state else { return [.auditKey] }
        return ItemKind.allCases.filter { $0 != .ring }.sorted { $0.rawValue < $1.rawValue }
    }
    var mark: [UInt8] { Array("rotating-\(rawValue)".utf8) }
    /// Action of the entry that announces the key, and of the one that ends the former.
    var action: String { "rotate-\(rawValue)-key" }
    var endAction: String { "rotate-\(rawValue)-key-end" }
}

/// How far the replacement of a key of the ring has come.
public struct StepwiseProgress: Sendable, Hashable {
    /// Items made anew in this step.
    public let renewed: Int
    /// Whether the former key is gone.
    public let isFinished: Bool
}

extension GuardCore {
    /// Items that one step makes anew, in one flush.
    public static let rotationStep = 2_048

    /// Replaces the key that wraps the shard keys, in one commit.
    ///
    /// - Parameters:
    ///   - root: The root key in force.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: The entry that announces it.
    /// - Throws: As ``rotateIndexKey(root:by:context:)``.
    /// - Complexity: O(patients / 256).
    public func rotateShardWrapping(
        root: SecretKey,
        by caller: Caller,
        context: CallContext
    ) throws -> Receipt {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, "rotate-shard-wrapping")
            let state = mutable.state
            let next = try state.ring.replacing(
                "shard-wrapping",
                with: try SecretKey.random(from: state.random)
            )
            try state.rewrapShardKeys(under: next.shardWrapping)
            // CRASH: all shard keys are wrapped by the old key or all by the new one.
            let receipt = try state.commitRing(
                next,
                root: root,
                action: "rotate-shard-wrapping",
                by: actor,
                context: context
            )
            try? state.storage.forgetOldValues()
            return receipt
        }
    }

    /// Goes one step on with the replacement of a key of the ring; call until it is finished.
    ///
    /// The first step puts the new key into the ring beside the former one, which still opens what it sealed;
    /// each further one makes some items anew; the last takes the former key away. Other requests go on
    /// between two steps, and what they write is under the new key. Where the process ends in between, the next
    /// call goes on.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - root: The root key in force.
    ///   - step: Items at most in this step.
    ///   - caller: A security officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: How far it has come.
    /// - Throws: As ``rotateIndexKey(root:by:context:)``.
    /// - Complexity: O(step); the first and the last step one flush each.
    public func rotateStepwise(
        _ key: StepwiseKey,
        root: SecretKey,
        step: Int = GuardCore.rotationStep,
        by caller: Caller,
        context: CallContext
    ) throws -> StepwiseProgress {
        try exclusively { mutable in
            let actor = try mutable.keyKeeper(caller, key.action)
            let state = mutable.state
            guard state.ring.former[key] != nil else {
                _ = try state.commitRing(
                    try state.ring.beginning(key, with: try SecretKey.random(from: state.random)),
                    root: root,
                    action: key.action,
                    by: actor,
                    context: context
                )
                return StepwiseProgress(renewed: 0, isFinished: false)
            }
            let renewed = try state.renewItems(key, atMost: max(1, step))
            guard renewed == 0 else {
                try state.commitNow()
                return StepwiseProgress(renewed: renewed, isFinished: false)
            }
            state.setItem(.meta, key.mark, nil)
            // CRASH: before this the former key is in the ring and opens nothing that is kept; the next call
            // ends it.
            _ = try state.commitRing(
                try state.ring.ending(key),
                root: root,
                action: key.endAction,
                by: actor,
                context: context
            )
            try? state.storage.forgetOldValues()
            return StepwiseProgress(renewed: 0, isFinished: true)
        }
    }
}

extension GuardState {
    /// Stages every shard key under another wrapping key; their generations stay.
    fileprivate func rewrapShardKeys(under wrapping: SecretKey) throws {
        var shards: [(key: [UInt8], shard: UInt32, generation: [UInt8])] = []
        try forEachStoredItem(.shardKey) { key, kept in
            guard key.count == 8, kept.count > 4 else { throw GuardError.damagedState }
            let shard = UInt32(truncatingIfNeeded: UInt64(bigEndianBytes: key))
            shards.append((key, shard, Array(kept[..<4])))
        }
        for (key, shard, generation) in shards {
            let number = UInt32(
                truncatingIfNeeded: UInt64(bigEndianBytes: [0, 0, 0, 0] + generation)
            )
            let wrapped = try KeyWrap.wrap(
                try shardKey(shard),
                under: wrapping,
                context: KeyHierarchy.shardContext(
                    vault: vault,
                    shard: shard,
                    generation: number
                ),
                random: random
            )
            setItem(.shardKey, key, generation + wrapped)
        }
    }

    /// Stages the next items under the present key, in the order of their tables and keys.
    ///
    /// - Returns: How many; 0 where none is left.
    fileprivate func renewItems(_ key: StepwiseKey, atMost limit: Int) throws -> Int {
        let kept = try item(.meta, key.mark)
        let place = kept.flatMap { mark in
            mark.first.flatMap { ItemKind(rawValue: $0) }.map { ($0, Array(mark.dropFirst())) }
        }
        // Settled: nobody writes meanwhile.
        let storage = try storage
        var names: [(kind: ItemKind, key: [UInt8])] = []
        for kind in key.kinds where place == nil || kind.rawValue >= place?.0.rawValue ?? 0 {
            let after = kind == place?.0 ? place?.1 : nil
            try storage.forEachItem(kind, after: after) { name, _ in
                if kind != .meta || name != key.mark { names.append((kind, name)) }
                return names.count < limit
            }
            guard names.count < limit else { break }
        }
        for (kind, name) in names {
            // What this very use case has staged is newer than what the disk gives back.
            guard let value = try item(kind, name) else { continue }
            setItem(kind, name, key == .audit ? try rewrapped(value, name) : value)
        }
        guard let last = names.last else { return 0 }
        setItem(.meta, key.mark, [last.kind.rawValue] + last.key)
        return names.count
    }

    private func rewrapped(_ wrapped: [UInt8], _ context: [UInt8]) throws -> [UInt8] {
        try KeyWrap.wrap(
            try ring.unwrapAuditKey(wrapped, context: context),
            under: ring.auditWrapping,
            context: context,
            random: random
        )
    }
}
