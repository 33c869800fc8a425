internal import MerkleLog
internal import VaultCore

/// A tail that this log lost, as the entry states it with which the log went on.
struct LostTail: Sendable, Hashable {
    /// The log's name until then.
    var formerOrigin: String
    /// Its name from then on; names the gap.
    var origin: String
    /// Entries that were left; also the index of the entry that opened the new name.
    var present: UInt64
    /// Entries that somebody outside knew of.
    var known: UInt64
    /// Root over the known entries; `nil` where a witness told the size alone.
    var knownRoot: MerkleHash?
    /// The last checkpoint under the former name, over what was left.
    var closing: String

    var json: JSONValue {
        [
            "formerOrigin": .string(formerOrigin), "origin": .string(origin),
            "present": .int(Int64(clamping: present)), "known": .int(Int64(clamping: known)),
            "knownRoot": knownRoot.map { .string($0.base64) } ?? .null,
            "closing": .string(closing),
        ]
    }

    init(
        formerOrigin: String,
        present: UInt64,
        known: UInt64,
        knownRoot: MerkleHash?,
        closing: String
    ) {
        self.formerOrigin = formerOrigin
        origin = LogOrigin(formerOrigin).continued(after: present, of: known).name
        self.present = present
        self.known = known
        self.knownRoot = knownRoot
        self.closing = closing
    }

    init(json: JSONValue) throws(GuardError) {
        guard let former = json["formerOrigin"]?.string, let closing = json["closing"]?.string,
            let present = json["present"]?.int.flatMap({ UInt64(exactly: $0) }),
            let known = json["known"]?.int.flatMap({ UInt64(exactly: $0) }), present < known,
            let root = json["knownRoot"], let name = json["origin"]?.string
        else { throw .damagedState }
        self.init(
            formerOrigin: former,
            present: present,
            known: known,
            knownRoot: root.string.flatMap { MerkleHash(base64: $0) },
            closing: closing
        )
        guard name == origin, root == .null || knownRoot != nil else { throw .damagedState }
    }
}

extension GuardState {
    static let lostTailsKey = Array("lost-tails".utf8)

    /// Every tail that was lost, oldest first.
    func lostTails() throws -> [LostTail] {
        guard let bytes = try item(.meta, Self.lostTailsKey) else { return [] }
        guard let rows = JSONValue(parsing: bytes)?.array else { throw GuardError.damagedState }
        return try rows.map { try LostTail(json: $0) }
    }

    static func encoded(_ tails: [LostTail]) -> [UInt8]? {
        tails.isEmpty ? nil : JSONValue.array(tails.map(\.json)).bytes
    }

    /// What a checkpoint of this log under any of its names says of it.
    enum Standing {
        /// Its entries are here.
        case extended
        /// Its last entries are among the lost ones that the log's name tells of.
        case lost(LostTail)
        /// More was seen than is here and than is named as lost.
        case shorter(present: UInt64)
        /// Another log was seen.
        case differs
    }

    func standing(_ seen: Checkpoint) throws -> Standing {
        let tail = try lostTails().first { $0.formerOrigin == seen.origin }
        let present = tail?.present ?? frontier.size
        guard seen.size <= present else {
            guard let tail, seen.size <= tail.known else { return .shorter(present: present) }
            let isSame = tail.knownRoot == nil || tail.knownRoot == seen.root
            return seen.size == tail.known && !isSame ? .differs : .lost(tail)
        }
        let then = try CompactRange(size: seen.size, reader: StoredHashes(storage: storage))
        return then.root == seen.root ? .extended : .differs
    }

    /// Refuses a log that is shorter than, or differs from, what was seen outside, unless it says so itself.
    func requireExtends(_ seen: Checkpoint) throws {
        switch try standing(seen) {
        case .extended, .lost: break
        case .shorter(let present):
            throw GuardError.logRolledBack(size: present, witnessed: seen.size)
        case .differs: throw GuardError.damagedState
        }
    }
}
