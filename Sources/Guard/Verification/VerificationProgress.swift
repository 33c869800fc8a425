internal import MerkleLog
public import VaultCore

/// How far a verification of the whole vault has come, so that one that was stopped can go on.
///
/// It vouches for what was on the disk when each part was looked at, not for what became of it since. It is
/// kept sealed under the Guard's state key and bound to the log that it saw: see
/// ``GuardCore/takeUp(_:by:)``.
public struct VerificationProgress: Sendable, Hashable {
    /// When the verification began.
    public let began: Instant
    /// Entries whose hashes were compared, from the first.
    public internal(set) var entries: UInt64 = 0
    /// How many shares of the patients there are.
    public let shareCount: UInt32
    /// Shares that are done.
    public internal(set) var shares: Set<UInt32> = []
    /// What was found so far.
    public var problems: [AuditProblem] = []
    /// What is worth knowing and no problem.
    public var notes: [String] = []
    /// Stored versions that were compared so far.
    public var versions = 0
    /// Root over ``entries``, and the time of the last of them.
    var treeRoot = TreeHasher.emptyRoot
    var lastTime: Instant?
    /// The log as it was when this was kept: what is newer, nobody has looked at.
    var size: UInt64 = 0
    var root = TreeHasher.emptyRoot

    /// Begins with nothing done.
    ///
    /// - Parameters:
    ///   - began: When.
    ///   - shareCount: How many shares of the patients there are, at least 1.
    public init(began: Instant, shareCount: UInt32) {
        self.began = began
        self.shareCount = max(1, shareCount)
    }

    /// Notes a share as done.
    ///
    /// - Parameter share: One of ``shareCount``.
    public mutating func finish(_ share: AuditShare) { shares.insert(share.number) }

    var json: JSONValue {
        [
            "form": 1, "began": .int(began.microseconds),
            "entries": .int(Int64(clamping: entries)), "shareCount": .int(Int64(shareCount)),
            "shares": .array(shares.sorted().map { .int(Int64($0)) }),
            "problems": .array(problems.map { [.string($0.kind), .string($0.detail)] }),
            "notes": .strings(notes), "versions": .int(Int64(versions)),
            "treeRoot": .string(treeRoot.base64),
            "lastTime": lastTime.map { .int($0.microseconds) } ?? .null,
            "size": .int(Int64(clamping: size)), "root": .string(root.base64),
        ]
    }

    init?(_ json: JSONValue) {
        func count(_ name: String) -> UInt64? {
            json[name]?.int.flatMap { UInt64(exactly: $0) }
        }
        func hash(_ name: String) -> MerkleHash? {
            json[name]?.string.flatMap { MerkleHash(base64: $0) }
        }
        guard json["form"]?.int == 1, let began = json["began"]?.int,
            let shareCount = count("shareCount").flatMap({ UInt32(exactly: $0) }), shareCount > 0,
            let entries = count("entries"), let size = count("size"), entries <= size,
            let treeRoot = hash("treeRoot"), let root = hash("root"),
            let versions = count("versions"), let problems = json["problems"]?.array,
            let notes = json["notes"]?.stringArray, let shares = json["shares"]?.integers
        else { return nil }
        self.init(began: Instant(microseconds: began), shareCount: shareCount)
        self.entries = entries
        self.size = size
        self.treeRoot = treeRoot
        self.root = root
        self.versions = Int(clamping: versions)
        self.notes = notes
        self.shares = Set(shares.compactMap { UInt32(exactly: $0) })
        self.problems = problems.compactMap { row in
            row.texts.flatMap {
                $0.count == 2 ? AuditProblem(kind: $0[0], detail: $0[1]) : nil
            }
        }
        lastTime = json["lastTime"]?.int.map { Instant(microseconds: $0) }
    }
}

/// What became of the progress that an earlier verification left.
public enum VerificationTakeUp: Sendable, Hashable {
    /// It holds for this log; shares of patients about whom there are newer entries are taken out.
    case goesOn(VerificationProgress)
    /// It cannot be used, and why: everything is looked at from the beginning.
    case startsOver(String)
}
