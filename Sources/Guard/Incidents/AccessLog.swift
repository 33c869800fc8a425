internal import MerkleLog
public import VaultCore

/// Who could read what in a window of time, as the log says it: what a breach's scope is computed from.
///
/// Patients and contexts are places in the lists here. An entry of the window that has a part for a patient,
/// whatever its kind, gives at least one event for that patient, or counts as passed where the query's
/// ``AccessFilter`` leaves it out.
public struct AccessLog: Sendable {
    /// Through whom and what an entry came: texts of its header; `unknown` and `none` as written there.
    public struct Context: Sendable, Hashable {
        /// Who acted.
        public var principal: String
        /// Within which organization.
        public var organization: String
        /// In which session; `none` where the request itself was signed.
        public var session: String
        /// From which device.
        public var device: String
        /// Through which record server.
        public var recordServer: String
        /// By which Guard.
        public var guardHost: String
        /// `human`, `machine` or `unknown`.
        public var automation: String
    }

    /// A version of a record.
    public struct Item: Sendable, Hashable {
        /// The record's name on the record side.
        public var record: RecordTag
        /// Version, from 1.
        public var version: Int64
    }

    /// What an entry says of a patient.
    public enum Content: Sendable, Hashable {
        /// Read keys of these segments left the Guard, for use until then.
        case grant(GrantID, segments: [SegmentTag], end: Instant)
        /// A response carried these; empty where only the person's existence was told.
        case disclosure([Item])
        /// These were written, or sealed again.
        case stored([Item])
        /// Anything else.
        case other
    }

    /// One thing that the log says of one patient.
    public struct Event: Sendable {
        /// Index of the entry.
        public var index: UInt64
        /// Time of the entry.
        public var time: Instant
        /// Place in ``AccessLog/contexts``.
        public var context: Int
        /// Place in ``AccessLog/patients``.
        public var patient: Int
        /// What it says.
        public var content: Content
    }

    /// How many entries have a part for a patient, and which is the last.
    public struct Head: Sendable, Hashable {
        /// Entries with a part for the patient.
        public var count: UInt64 = 0
        /// The last of them; 0 where there is none.
        public var last: UInt64 = 0
    }

    /// A patient of the window's end.
    public struct Patient: Sendable {
        /// The name on the record side.
        public var pseudonym: PatientPseudonym
        /// `Patient/42`, where the vault still knows it.
        public var reference: String?
        /// Head before the window's first entry.
        public var start = Head()
        /// Head after its last.
        public var end = Head()
        /// Entries of the window that are only counted, and the last of them.
        public var passed = Head()
        /// When the patient's key was replaced, up to the window's end, in order.
        public var rotations: [Instant] = []
    }

    /// What lets somebody ask for a while: a session, or a look into the whole log.
    public struct Credential: Sendable {
        /// Place in ``AccessLog/contexts``.
        public var context: Int
        /// From when.
        public var start: Instant
        /// Until when.
        public var end: Instant
        /// Patients and segments within reach under the policies in force; no segments means all.
        public var reach: [(patient: Int, segments: [SegmentTag])]
    }

    /// A record's name and kind.
    public struct Record: Sendable, Hashable {
        /// Type and id.
        public var id: RecordID
        /// Data category, `laboratory`.
        public var category: String
    }

    /// Name of the log.
    public var origin = ""
    /// Entries before the window, and the root over them.
    public var fromSize: UInt64 = 0
    /// Root over the entries before the window, in hexadecimal.
    public var fromRoot = ""
    /// Entries up to the window's end.
    public var toSize: UInt64 = 0
    /// Root over all of them, in hexadecimal.
    public var toRoot = ""
    /// Time of the log's first entry.
    public var logBegins = Instant(microseconds: 0)
    /// Time of the newest entry before the window, or of the first where there is none.
    public var begins = Instant(microseconds: 0)
    /// Time of the first entry after the window; the window's end is not proven before there is one.
    public var ends = Instant(microseconds: 0)
    /// Whether hashes, order, checkpoint and back-pointers of the log hold.
    public var isVerified = true
    /// Times of entries in the window that can no longer be opened.
    public var unreadable: [Instant] = []
    /// Every context of the entries that are told in full, those before the window included.
    public var contexts: [Context] = []
    /// Every patient of the window's end, erased ones included.
    public var patients: [Patient] = []
    /// What the entries say that are told in full, in the order of the log.
    public var events: [Event] = []
    /// Entries that are only counted: those of the window with a part for anybody, and those before it whose
    /// grant still lived.
    public var passedEntries: UInt64 = 0
    /// Every credential whose life touches the window, as far as the query asks for it.
    public var credentials: [Credential] = []
    /// Names of the records of ``events``.
    public var records: [RecordTag: Record] = [:]
    /// Names of the segments of ``events`` and ``credentials``.
    public var segmentNames: [SegmentTag: String] = [:]
    /// Registered principals.
    public var principals: Set<PrincipalID> = []

    /// What the log has lost of the window, in words, as its name tells; nothing is proven of it.
    public var lost: [String] {
        // Lost entries lie in time between the entry before their first index and the one that has it now.
        LogOrigin(origin).gaps.filter { fromSize <= $0.first && $0.first <= toSize }
            .map(\.description)
    }
}
