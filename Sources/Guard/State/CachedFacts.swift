internal import Consent
internal import Sealing
internal import VaultCore

/// The facts of a patient with the log index of the entry that last changed them.
struct CachedFacts {
    var facts: PatientFacts
    var index: UInt64

    /// No facts yet.
    static let none = CachedFacts(facts: PatientFacts(), index: 0)

    /// Log index (8 bytes), then the facts' text, compacted.
    func encoded() throws -> [UInt8] { bigEndian(index) + (try Compaction.compacted(facts.text)) }

    init(facts: PatientFacts, index: UInt64) {
        self.facts = facts
        self.index = index
    }

    /// Whether nothing is known and nothing was ever stated.
    var isNothing: Bool { facts.isEmpty && index == 0 }

    /// Whether these are the facts that bytes hold: by their text, and only where that differs by what it
    /// means.
    func isKept(in bytes: [UInt8]) -> Bool {
        guard bytes.count > 8, UInt64(bigEndianBytes: bytes) == index,
            let text = try? Compaction.expanded(Array(bytes[8...]))
        else { return false }
        return text == facts.text
            || JSONValue(parsing: text).flatMap { PatientFacts(encoded: $0) } == facts
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        guard bytes.count > 8, let text = try? Compaction.expanded(Array(bytes[8...])),
            let json = JSONValue(parsing: text), let facts = PatientFacts(encoded: json)
        else { throw .damagedState }
        self.init(facts: facts, index: UInt64(bigEndianBytes: bytes))
    }
}

extension GuardState {
    /// The facts that decide about a patient, as they stand now.
    func facts(of patient: PatientPseudonym) throws -> CachedFacts {
        if let cached = factsCache[patient] { return cached }
        let facts = try item(.facts, patient.bytes).map { try CachedFacts(decoding: $0) } ?? .none
        if factsCache.count >= Self.cacheLimit { factsCache = [:] }
        factsCache[patient] = facts
        return facts
    }

    /// Stages new facts of a patient; facts that no entry has changed stay as they are.
    func setFacts(
        _ facts: CachedFacts,
        of patient: PatientPseudonym,
        encoded: [UInt8]? = nil
    ) throws {
        if let known = factsCache[patient], known.index == facts.index { return }
        setItem(.facts, patient.bytes, try encoded ?? facts.encoded())
        factsCache[patient] = facts
    }

    /// The facts of shared directory resources: practitioners, their roles, organizations.
    func directoryFacts() throws -> PatientFacts {
        try facts(of: ring.pseudonym(of: Self.directoryReference)).facts
    }

    /// Stands for the shared directory where a patient's reference would stand.
    static let directoryReference = "Directory"
}
