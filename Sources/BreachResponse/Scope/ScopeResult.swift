public import VaultCore

/// One version of one record that a response carried.
public struct ProvenAccess: Sendable, Hashable {
    /// What.
    public var item: AccessItem
    /// When.
    public var time: Instant
    /// Which log entry says so.
    public var index: UInt64
    /// Through whom and what: place in the history's contexts.
    public var context: Int
}

/// Why a patient's data could have been read; each is a ground of its own.
public enum ReachGround: Sendable, Hashable {
    /// Read keys of these segments were out; they open all versions until the key's rotation.
    case grant(GrantID, segments: [SegmentTag], from: Instant, rotated: Instant?)
    /// Written through the suspected component.
    case written(AccessItem, index: UInt64)
    /// Within the reach of a credential under the policies of that time; no segments means all.
    case credential(segments: [SegmentTag])
    /// An entry does not say through what it went; it may have been the suspected one.
    case unknownPath(index: UInt64)
    /// Every key was there, or this patient's.
    case keyKnown
    /// In a backup that can be opened.
    case backup
    /// Nothing was found, and nothing can be proven.
    case unproven(String)
}

/// Why a patient is proven not accessed.
public enum NotAccessedProof: String, Sendable, Hashable, CaseIterable {
    /// The head in the log is the same at both ends: no entry at all.
    case sameHead = "same-head"
    /// Every entry between the heads was examined, and none went through what is suspected.
    case examined
    /// In the lost backup, and its keys were not there.
    case sealed
}

/// What is known of one affected patient.
public struct AffectedPatient: Sendable, Hashable {
    /// Who.
    public var patient: PatientPseudonym
    /// What was carried; empty in the second set.
    public var accessed: [ProvenAccess]
    /// What else could have been read.
    public var reach: [ReachGround]
}

/// The three sets; every patient is in exactly one of them.
public struct ScopeResult: Sendable, Hashable {
    /// What was asked.
    public var window: ScopeWindow
    /// What is suspected.
    public var suspicion: Suspicion
    /// The range of the log that was read.
    public var range: LogRange
    /// Contexts that accesses refer to.
    public var contexts: [AccessContext]
    /// Proven accessed, by pseudonym.
    public var accessed: [AffectedPatient]
    /// Could have been accessed, by pseudonym; without the first set.
    public var couldHave: [AffectedPatient]
    /// Proven not accessed, by pseudonym.
    public var notAccessed: [(patient: PatientPseudonym, proof: NotAccessedProof)] {
        zip(clear, proofs).map { ($0, $1) }
    }
    /// Entries that were read in the range.
    public var entryCount: Int64
    /// Why nothing, or for whom not everything, is proven; empty where all is.
    public var doubts: [String]
    /// What encryption means.
    public var encryption: EncryptionFinding

    var clear: [PatientPseudonym]
    var proofs: [NotAccessedProof]

    /// Patients in all three sets.
    public var patientCount: Int { accessed.count + couldHave.count + clear.count }

    /// Versions carried, by who read: persons, programs, unknown.
    public func accessCount(by automation: AccessContext.Automation) -> Int {
        accessed.reduce(0) { sum, patient in
            sum + patient.accessed.count { contexts[$0.context].automation == automation }
        }
    }

    /// Patients whose keys containment must rotate: the second set, and what else the first lost.
    public var toRotate: [PatientPseudonym] {
        (couldHave + accessed.filter { !$0.reach.isEmpty }).map(\.patient).sorted()
    }
}
