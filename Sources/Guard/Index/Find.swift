internal import Consent
internal import MerkleLog
public import VaultCore

/// How a look-up ended; who may not look up gets the answer for "nobody found".
public struct FindOutcome: Sendable, Hashable {
    /// References of the patients that match.
    public let patients: [RecordID]
    /// The look-up's entry.
    public let receipt: Receipt
}

extension GuardCore {
    /// Finds patients by the blind index; a decision with role, and an entry, whatever comes of it.
    ///
    /// - Parameters:
    ///   - query: At least one field.
    ///   - caller: Who asks; the operator may not.
    /// - Returns: True hits only, compared inside the Guard.
    /// - Throws: ``GuardError/invalid(field:)`` for an empty question, and other ``Failure``s.
    public func find(_ query: FindQuery, by caller: Caller) throws -> FindOutcome {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: query.json,
                state: state,
                allowsOperator: false
            )
            guard let principal = actor.principal else { throw GuardError.notAuthenticated }
            try admit(.find, actor, query.context, &mutable)
            guard !query.rows.isEmpty else { throw GuardError.invalid(field: "find") }
            try state.requireUnsealed(actor, query.context)
            let mayFind = Self.finders.contains(principal.requester.kind)
            let hits = try state.patients(matching: query)
            let shown = mayFind ? hits : []
            var header = try state.header(.decision, by: actor, context: query.context)
            header.action = "find"
            header.purpose = []
            header.scopeAsked = .strings(query.askedFields)
            header.decision = mayFind ? .permit : .deny
            header.rules = [mayFind ? "find.role" : "find.not-this-role"]
            header.policyDigest = policyDigest
            let (index, leaf) = try state.append(
                header,
                parts: shown.map { GuardState.Part(patient: $0, body: ["found": true]) }
            )
            try state.commit()
            return FindOutcome(
                patients: try shown.compactMap { pseudonym in
                    try state.patient(pseudonym).flatMap { RecordID($0.reference) }
                }.sorted(),
                receipt: Receipt(index: index, leafHash: leaf.bytes)
            )
        }
    }

    /// Kinds of principals whose work is to find a patient's record.
    private static let finders: Set<RequesterKind> = [
        .clinician, .privacyOfficer, .securityOfficer, .registrar,
    ]
}

extension GuardState {
    /// Pseudonyms of the patients whose sealed fields match every part of a question.
    func patients(matching query: FindQuery) throws -> [PatientPseudonym] {
        let asked = query.rows
        guard !asked.isEmpty else { return [] }
        let index = try blindIndex()
        var candidates: Set<PatientPseudonym>?
        for row in asked {
            let bucket = try BlindIndex.pseudonyms(
                in: try item(.index, index.bucket(of: row)) ?? []
            )
            candidates = candidates.map { $0.intersection(bucket) } ?? Set(bucket)
            if candidates?.isEmpty == true { return [] }
        }
        return try (candidates ?? []).filter { pseudonym in
            guard let fields = try searchFields(of: pseudonym) else { return false }
            return asked.isSubset(of: fields.rows)
        }.sorted()
    }

    /// The index of the present generation.
    func blindIndex() throws -> BlindIndex {
        let stored = try item(.meta, Array("index-bits".utf8))
        return BlindIndex(tagger: ring.blindIndex, bits: stored.map { Int($0[0]) } ?? 0)
    }

    func searchFields(of patient: PatientPseudonym) throws -> PatientIdentity? {
        guard let bytes = try item(.searchFields, patient.bytes) else { return nil }
        guard let json = JSONValue(parsing: bytes), let fields = PatientIdentity(json: json) else {
            throw GuardError.damagedState
        }
        return fields
    }

    /// Stages a patient's search fields and moves its index rows.
    func setSearchFields(_ fields: PatientIdentity, of patient: PatientPseudonym) throws {
        let kept = try searchFields(of: patient)
        // All of them, not only what is searched: a new address is for letters and makes no row.
        guard kept != fields else { return }
        let old = kept?.rows ?? []
        let new = fields.rows
        let index = try blindIndex()
        for row in old.subtracting(new) { try removeRow(index.bucket(of: row), patient) }
        for row in new.subtracting(old) { try addRow(index.bucket(of: row), patient) }
        setItem(.searchFields, patient.bytes, (fields.json).bytes)
    }

    /// Stages the removal of everything a patient can be found by.
    func removeSearchFields(of patient: PatientPseudonym) throws {
        let index = try blindIndex()
        for row in try searchFields(of: patient)?.rows ?? [] {
            try removeRow(index.bucket(of: row), patient)
        }
        setItem(.searchFields, patient.bytes, nil)
    }

    private func addRow(_ bucket: [UInt8], _ patient: PatientPseudonym) throws {
        var members = try BlindIndex.pseudonyms(in: try item(.index, bucket) ?? [])
        guard !members.contains(patient) else { return }
        members.append(patient)
        setItem(.index, bucket, members.sorted().flatMap(\.bytes))
    }

    private func removeRow(_ bucket: [UInt8], _ patient: PatientPseudonym) throws {
        let members = try BlindIndex.pseudonyms(in: try item(.index, bucket) ?? [])
            .filter { $0 != patient }
        setItem(.index, bucket, members.isEmpty ? nil : members.flatMap(\.bytes))
    }

    /// Starts a new index generation where the number of patients has outgrown the present bits.
    ///
    /// Call at the end of a use case, with nothing staged.
    func growIndexIfNeeded() throws {
        let patients = try storage.itemCount(.searchFields)
        let index = try blindIndex()
        let wanted = BlindIndex.bits(forRows: patients)
        guard wanted >= index.bits + 2 else { return }
        var buckets: [[UInt8]: Set<PatientPseudonym>] = [:]
        let next = BlindIndex(tagger: index.tagger, bits: wanted)
        try forEachStoredItem(.searchFields) { key, bytes in
            guard let patient = PatientPseudonym(bytes: key), let json = JSONValue(parsing: bytes),
                let fields = PatientIdentity(json: json)
            else { throw GuardError.damagedState }
            for row in fields.rows { buckets[next.bucket(of: row), default: []].insert(patient) }
        }
        try forEachStoredItem(.index) { key, _ in setItem(.index, key, nil) }
        for (bucket, members) in buckets {
            setItem(.index, bucket, members.sorted().flatMap(\.bytes))
        }
        setItem(.meta, Array("index-bits".utf8), [UInt8(wanted)])
        try commit()
    }
}

extension GuardCore {
    /// Whether the vault holds a patient's own resource, for a writer that has resources about them.
    ///
    /// - Parameters:
    ///   - patient: `Patient/ID`.
    ///   - id: The write session.
    /// - Returns: `false` for erased patients too.
    /// - Throws: A ``Failure``.
    /// - Complexity: O(records of the patient).
    public func holds(_ patient: RecordID, in id: WriteSessionID) throws -> Bool {
        try exclusively { mutable in
            let state = mutable.state
            _ = try mutable.write(id)
            let pseudonym = state.ring.pseudonym(of: patient.description)
            let tag = state.ring.tag(of: patient, patient: pseudonym)
            return try state.catalogue(of: pseudonym)
                .number(ofTag: tag.high) != nil
        }
    }

    /// The patient that an identifier names, for a writer that resolves a reference of its own file.
    ///
    /// - Parameters:
    ///   - system: The identifier's system.
    ///   - value: Its value.
    ///   - id: The write session.
    /// - Returns: The patient, where exactly one has this identifier.
    /// - Throws: A ``Failure``.
    public func patient(
        identifiedBy system: String,
        _ value: String,
        in id: WriteSessionID
    ) throws -> RecordID? {
        try exclusively { mutable in
            let state = mutable.state
            _ = try mutable.write(id)
            guard
                let pseudonym = try state.pseudonym(of: .identifier(system: system, value: value))
            else { return nil }
            return try state.patient(pseudonym).flatMap { RecordID($0.reference) }
        }
    }
}
