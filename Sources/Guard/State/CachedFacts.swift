internal import Consent
internal import VaultCore

/// The facts of a patient with the log index of the entry that last changed them.
struct CachedFacts {
    var facts: PatientFacts
    var index: UInt64

    /// No facts yet.
    static let none = CachedFacts(facts: PatientFacts(), index: 0)

    var encoded: [UInt8] { bigEndian(index) + (facts.encoded).bytes }

    init(facts: PatientFacts, index: UInt64) {
        self.facts = facts
        self.index = index
    }

    init(decoding bytes: [UInt8]) throws(GuardError) {
        guard bytes.count > 8, let json = JSONValue(parsing: bytes[8...]),
            let facts = PatientFacts(encoded: json)
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
    func setFacts(_ facts: CachedFacts, of patient: PatientPseudonym) {
        if let known = factsCache[patient], known.index == facts.index { return }
        setItem(.facts, patient.bytes, facts.encoded)
        factsCache[patient] = facts
    }

    /// The facts of shared directory resources: practitioners, their roles, organizations.
    func directoryFacts() throws -> PatientFacts {
        try facts(of: ring.pseudonym(of: Self.directoryReference)).facts
    }

    /// Stands for the shared directory where a patient's reference would stand.
    static let directoryReference = "Directory"
}
