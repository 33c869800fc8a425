internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// A patient of whom nothing is written yet.
struct NewPatient: Sendable {
    /// `Patient/ID`, or what stands for the shared directory.
    let reference: String
    let key: SecretKey
    let keys: PatientKeys

    init(reference: String, random: any RandomSource) throws {
        self.reference = reference
        key = try SecretKey.random(from: random)
        keys = try PatientKeys(key)
    }
}

/// What a write stages: keys of new patients, and the patients' books once their rows are durable.
extension GuardState {
    func pseudonym(of write: PatientWrite) -> PatientPseudonym {
        ring.pseudonym(of: write.patient?.description ?? Self.directoryReference)
    }

    /// Stages the keys of patients that are written for the first time, and the entry that announces them:
    /// in one commit with the intent, so that a patient is never there without one.
    func stageNew(_ patients: [PatientPseudonym: NewPatient], session: WriteSession) throws {
        guard !patients.isEmpty else { return }
        var parts: [Part] = []
        for (pseudonym, new) in patients.sorted(by: { $0.key < $1.key }) {
            let shard = UInt32(try patientCount() / Limits.patientsPerShard)
            try countNewPatient()
            setPatient(pseudonym, PatientState(reference: new.reference, shard: shard))
            let key = try stagePatientKey(new, pseudonym, shard: shard)
            parts.append(
                Part(
                    patient: pseudonym,
                    body: [
                        "reference": .string(new.reference), "shard": .int(Int64(shard)),
                        "generation": 0, "wrappedKey": .string(key.base64),
                    ]
                )
            )
        }
        var header = try self.header(.key, by: session.actor, context: session.context)
        header.action = "create-patient-key"
        try append(header, parts: parts)
    }

    /// Keys and stored book of a patient; one that nobody knows gets a key that is not announced yet.
    func keysAndBook(
        of write: PatientWrite,
        _ pseudonym: PatientPseudonym,
        _ session: inout WriteSession
    ) throws -> (PatientKeys, PatientBook) {
        if let patient = try patient(pseudonym) {
            guard patient.erasedAt == nil else { throw GuardError.erased }
            session.unannounced[pseudonym] = nil
            return (try patientKeys(pseudonym, patient), try book(of: pseudonym, patient))
        }
        let new =
            try session.unannounced[pseudonym]
            ?? NewPatient(
                reference: write.patient?.description ?? Self.directoryReference,
                random: random
            )
        session.unannounced[pseudonym] = new
        return (new.keys, PatientBook())
    }

    /// A patient's book as it is stored.
    func book(of pseudonym: PatientPseudonym, _ patient: PatientState) throws -> PatientBook {
        PatientBook(
            segments: patient.segments,
            catalogue: try catalogue(of: pseudonym),
            graph: try labelNodes(of: pseudonym),
            facts: try facts(of: pseudonym),
            identity: nil
        )
    }

    /// Commits the `stored` entry of some intents, after the books that follow from them were staged.
    func stored(
        _ intents: [UInt64],
        header makeHeader: () throws -> EntryHeader
    ) throws -> Receipt {
        for intent in intents {
            for (pseudonym, part) in try rotations(of: intent) {
                try promoteKey(of: pseudonym, part)
            }
        }
        var header = try makeHeader()
        header.action = "stored"
        header.more = [.init("intents", .array(intents.map { .int(Int64($0)) }))]
        let (index, leaf) = try append(header)
        for intent in intents { setItem(.openIntent, bigEndian(intent), nil) }
        try commit()
        return Receipt(index: index, leafHash: leaf.bytes)
    }

    /// Keys that an intent replaces; read back only where a next key is kept at all.
    private func rotations(of intent: UInt64) throws -> [(PatientPseudonym, RotationPart)] {
        guard try storage.itemCount(.nextPatientKey) > 0 else { return [] }
        return try intentParts(intent).compactMap { pseudonym, part in
            part.rotation.map { (pseudonym, $0) }
        }
    }

    /// Stages a patient's book.
    ///
    /// - Parameters:
    ///   - book: As it is once its intents are stored.
    ///   - pseudonym: Whose.
    ///   - encodedFacts: The form in which the facts are kept, where somebody has it already.
    ///   - isKeptDecoded: Whether the next request will find its facts decoded.
    /// - Throws: A ``Failure``.
    func setBook(
        _ book: PatientBook,
        of pseudonym: PatientPseudonym,
        encodedFacts: [UInt8]? = nil,
        isKeptDecoded: Bool = true
    ) throws {
        guard var patient = try patient(pseudonym) else { throw GuardError.damagedState }
        patient.segments = book.segments
        setPatient(pseudonym, patient)
        setRecords(book.catalogue, book.graph, of: pseudonym)
        try setFacts(book.facts, of: pseudonym, encoded: encodedFacts)
        if !isKeptDecoded { factsCache[pseudonym] = nil }
        if let identity = book.identity { try setSearchFields(identity, of: pseudonym) }
    }

    func abandon(_ intents: [UInt64]) throws {
        for index in intents {
            var header = EntryHeader(kind: .abandoned, time: try entryTime())
            header.actor = "guard"
            header.actorKind = "guard"
            header.automated = .machine
            header.action = "abandon"
            header.more = [.init("intent", .int(Int64(index)))]
            try append(header)
            setItem(.openIntent, bigEndian(index), nil)
            for (pseudonym, _) in try rotations(of: index) {
                setItem(.nextPatientKey, pseudonym.bytes, nil)
            }
        }
        if !intents.isEmpty { try commit() }
    }
}
