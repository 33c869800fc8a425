internal import MerkleLog
internal import VaultCore

/// What a walk keeps of one entry once it was opened; most entries need nothing but this.
struct WalkEntry: Sendable {
    var index: UInt64
    /// Time and leaf hash; `nil` where the entry is malformed.
    var measured: (time: Instant, leaf: MerkleHash)?
    /// Whether the header opened.
    var isOpen = false
    /// How many of the slice's parts are this entry's; they follow one another.
    var partCount: Int32 = 0
    /// Place in the slice's details; -1 where there is none.
    var detail: Int32 = -1
}

/// What an entry says of one patient, as far as every entry is asked.
struct WalkPart: Sendable {
    var patient: PatientPseudonym
    /// Whether the part opened.
    var isOpen = false
    /// Its count; -1 where it states none.
    var count: Int64 = -1
    /// The patient's entry before; -1 where it states none.
    var previous: Int64 = -1
    /// Whether a grant in it still lived when the window began.
    var isGrantLive = false
    /// Whether a list of versions in it cannot be read.
    var isUnreadable = false
    /// One more than the highest record number that it carries; 0 where it carries none.
    var carried: UInt32 = 0
    /// One more than the highest record number that it gives a name to; 0 where it names none.
    var named: UInt32 = 0
    /// Whether it announces versions.
    var isIntent = false
    /// Whether it announces another key.
    var isRotation = false
}

/// What few entries say.
struct WalkDetail: Sendable {
    /// Where the entry came from; set where it is told in full.
    var context: AccessLog.Context?
    /// Whose session begins.
    var session: PrincipalID?
    /// Whether it is a look into the whole log.
    var isSurvey = false
    /// Who is disabled.
    var disabled: PrincipalID?
    /// Which intents are stored.
    var stored: [UInt64] = []
    /// Policies by which was decided, where they are not those of today.
    var policy: String?
    /// What each part says; only of entries that are told in full.
    var contents: [[WalkContent]] = []
}

/// One thing that a part says, with records by number.
enum WalkContent: Sendable {
    case grant(GrantID, segments: [String], end: Instant)
    case disclosure([WalkItem])
    case stored([WalkItem])
    case other
}

/// A version of a record by the patient's number of it.
struct WalkItem: Sendable {
    var number: UInt32
    var version: Int64
}

/// Some entries in order, opened.
struct WalkSlice: Sendable {
    var entries: [WalkEntry] = []
    var parts: [WalkPart] = []
    var details: [WalkDetail] = []
}
