internal import Consent
internal import MerkleLog
public import Sealing
public import VaultCore

/// One stored version of a patient whose key is to be replaced.
public struct RotationRow: Sendable, Hashable {
    /// Record number.
    public var number: UInt32
    /// Version, from 1.
    public var version: UInt32
    /// The record's name on the record side.
    public var record: RecordTag
    /// The segment it lies in.
    public var segment: SegmentTag
    /// The epoch it was written in.
    public var epoch: Epoch

    /// Names a stored version.
    ///
    /// - Parameters:
    ///   - number: Record number.
    ///   - version: Version, from 1.
    ///   - record: The record's name on the record side.
    ///   - segment: The segment it lies in.
    ///   - epoch: The epoch it was written in.
    public init(
        number: UInt32,
        version: UInt32,
        record: RecordTag,
        segment: SegmentTag,
        epoch: Epoch
    ) {
        self.number = number
        self.version = version
        self.record = record
        self.segment = segment
        self.epoch = epoch
    }
}

/// How to seal a patient's versions again under a new patient key.
public struct KeyRotationPlan: Sendable {
    /// Where rows lie that one key opens.
    public struct Place: Sendable, Hashable {
        /// Segment, under the old key.
        public let segment: SegmentTag
        /// The epoch they were written in.
        public let epoch: Epoch

        /// Names a place.
        ///
        /// - Parameters:
        ///   - segment: Segment, under the old key.
        ///   - epoch: The epoch.
        public init(segment: SegmentTag, epoch: Epoch) {
            self.segment = segment
            self.epoch = epoch
        }
    }

    /// A segment under the new key.
    public struct Target: Sendable {
        /// Its new name on the record side.
        public let segment: SegmentTag
        /// Seals the new epoch's rows there.
        public let writeKey: SecretKey
    }

    /// To be announced with ``GuardCore/recordIntent(_:in:)`` and ended with
    /// ``GuardCore/finishWrite(_:)``, or given up with ``GuardCore/abandonWrite(_:)``.
    public let session: WriteSessionID
    /// Whose rows.
    public let pseudonym: PatientPseudonym
    /// The epoch of all new rows.
    public let epoch: Epoch
    /// Opens the old rows; each key only those of its epoch.
    public let openers: [Place: SecretKey]
    /// Where an old segment's rows go.
    public let targets: [SegmentTag: Target]
}

extension GuardCore {
    /// Begins to replace a patient's key: whoever took read keys before can open nothing that is sealed
    /// after.
    ///
    /// A decision of its own, durable before any key leaves. The new key is announced with the new rows' hashes
    /// and counts from ``finishWrite(_:)`` on, which destroys the old one and ends the patient's grants.
    ///
    /// - Parameters:
    ///   - patient: The name on the record side.
    ///   - rows: Every stored version; hashes are given to ``recordIntent(_:in:)`` in this order.
    ///   - reason: Why, for the log; never a patient's words.
    ///   - caller: An officer, an administrator or the operator.
    ///   - context: Where the call came from.
    /// - Returns: Old and new keys.
    /// - Throws: ``GuardError/invalid(field:)`` where a version is missing, ``GuardError/busy``, others.
    public func beginKeyRotation(
        of patient: PatientPseudonym,
        rows: [RotationRow],
        reason: String,
        by caller: Caller,
        context: CallContext
    ) throws -> KeyRotationPlan {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "rotate-patient-key", "patient": .string(patient.description)],
                state: state,
                allowsOperator: true
            )
            try actor.require(
                [.privacyOfficer, .securityOfficer, .administrator],
                action: "rotate a patient's key"
            )
            guard let known = try state.patient(patient) else {
                throw GuardError.unknown(what: "patient")
            }
            guard known.erasedAt == nil else { throw GuardError.erased }
            try mutable.requireNoOtherWrite(of: patient)
            let rotation = try PatientRotation(state, patient, known, rows)
            try rotation.announce(state, actor, context, reason: reason, digest: policyDigest)
            var session = WriteSession(
                id: rotation.plan.session,
                epoch: rotation.plan.epoch,
                actor: actor,
                context: context,
                origin: "key-rotation",
                statesFacts: false,
                lastUsed: state.clock.now()
            )
            session.books[patient] = try state.book(of: patient, known)
            session.rotation = rotation
            var part = IntentPart()
            part.rotation = rotation.part
            session.planned[patient] = part
            mutable.writes[session.id] = session
            return rotation.plan
        }
    }
}

/// A patient's key on its way to being replaced.
struct PatientRotation: Sendable {
    let plan: KeyRotationPlan
    let part: RotationPart
    private let newKey: SecretKey
    private let shard: UInt32
    private let segments: [Segment]

    init(
        _ state: GuardState,
        _ patient: PatientPseudonym,
        _ known: PatientState,
        _ rows: [RotationRow]
    ) throws {
        try state.requireComplete(rows, of: patient)
        let old = try state.patientKeys(patient, known)
        newKey = try SecretKey.random(from: state.random)
        let new = try PatientKeys(newKey)
        guard let session = WriteSessionID(bytes: state.random.bytes(16)),
            let epoch = Epoch(bytes: state.random.bytes(16))
        else { throw GuardError.damagedState }
        let byTag = Dictionary(
            known.segments.map { (old.tag(of: $0), $0) },
            uniquingKeysWith: { $1 }
        )
        var openers: [KeyRotationPlan.Place: SecretKey] = [:]
        var targets: [SegmentTag: KeyRotationPlan.Target] = [:]
        for row in rows {
            guard let segment = byTag[row.segment] else {
                throw GuardError.invalid(field: "segment")
            }
            let place = KeyRotationPlan.Place(segment: row.segment, epoch: row.epoch)
            if openers[place] == nil {
                openers[place] = try old.writeKey(of: segment, epoch: row.epoch)
            }
            if targets[row.segment] == nil {
                targets[row.segment] = KeyRotationPlan.Target(
                    segment: new.tag(of: segment),
                    writeKey: try new.writeKey(of: segment, epoch: epoch)
                )
            }
        }
        plan = KeyRotationPlan(
            session: session,
            pseudonym: patient,
            epoch: epoch,
            openers: openers,
            targets: targets
        )
        shard = known.shard
        segments = known.segments.filter { targets[old.tag(of: $0)] != nil }
        part = RotationPart(generation: known.keyGeneration + 1, rows: rows)
    }

    /// The decision to open everything of this patient once more.
    fileprivate func announce(
        _ state: GuardState,
        _ actor: Actor,
        _ context: CallContext,
        reason: String,
        digest: String
    ) throws {
        guard reason.utf8.count <= Limits.maximumReasonByteCount else {
            throw GuardError.invalid(field: "reason")
        }
        var header = try state.header(.decision, by: actor, context: context)
        header.action = "rotate-patient-key"
        header.purpose = []
        header.decision = .permit
        header.rules = ["keys.rotation"]
        header.reason = reason
        header.policyDigest = digest
        let manifest = Manifest(
            part.rows.map { Manifest.Item(number: $0.number, version: $0.version) }
        )
        let body: JSONValue = [
            "resealed": .string(manifest.description),
            "segments": .strings(segments.map(\.name).sorted()),
        ]
        try state.append(header, parts: [GuardState.Part(patient: plan.pseudonym, body: body)])
        try state.commit()
    }

    /// Stages the new key, wrapped, beside the one in force; it becomes durable with the intent.
    ///
    /// - Returns: Hash of the wrapped key, for the intent.
    func stageKey(_ state: GuardState) throws -> MerkleHash {
        let wrapped = try KeyWrap.wrap(
            newKey,
            under: try state.shardKey(shard),
            context: KeyHierarchy.patientContext(
                vault: state.vault,
                patient: plan.pseudonym,
                generation: part.generation
            ),
            random: state.random
        )
        state.setItem(.nextPatientKey, plan.pseudonym.bytes, wrapped)
        return TreeHasher.leafHash(wrapped)
    }
}

extension GuardState {
    /// Refuses a rotation that would leave a version behind: nothing would open it any more.
    fileprivate func requireComplete(_ rows: [RotationRow], of patient: PatientPseudonym) throws {
        let catalogue = try catalogue(of: patient)
        var seen: Set<Manifest.Item> = []
        for row in rows {
            let number = Int(row.number)
            guard number < catalogue.items.count, row.version >= 1,
                row.version <= catalogue.items[number].version,
                catalogue.items[number].tag == row.record.high,
                seen.insert(Manifest.Item(number: row.number, version: row.version)).inserted
            else { throw GuardError.invalid(field: "rows") }
        }
        guard seen.count == catalogue.items.reduce(0, { $0 + Int($1.version) }) else {
            throw GuardError.invalid(field: "rows")
        }
    }

    /// Puts the announced key in the place of the old one, in the commit that counts the new rows.
    func promoteKey(of pseudonym: PatientPseudonym, _ part: RotationPart) throws {
        guard var patient = try patient(pseudonym),
            let wrapped = try item(.nextPatientKey, pseudonym.bytes),
            TreeHasher.leafHash(wrapped) == part.wrappedKey
        else { throw GuardError.damagedState }
        patient.keyGeneration = part.generation
        setPatient(pseudonym, patient)
        setItem(.patientKey, pseudonym.bytes, wrapped)
        setItem(.nextPatientKey, pseudonym.bytes, nil)
        forgetPatientKey(pseudonym)
    }
}

extension GuardCore {
    /// The name under which the record side knows a patient, for those who may replace keys.
    ///
    /// - Parameters:
    ///   - patient: Whom.
    ///   - caller: A session of an officer or administrator, or the operator.
    /// - Returns: The pseudonym.
    /// - Throws: ``GuardError/unknown(what:)``, ``GuardError/notPermitted(action:)`` and others.
    public func pseudonym(
        of patient: PatientDesignation,
        by caller: Caller
    ) throws -> PatientPseudonym {
        try exclusively { mutable in
            let state = mutable.state
            let actor = try mutable.authenticator.actor(
                caller,
                body: ["kind": "pseudonym", "patient": patient.json],
                state: state,
                allowsOperator: true
            )
            try actor.require(
                [.privacyOfficer, .securityOfficer, .administrator],
                action: "rotate a patient's key"
            )
            return try state.known(patient).0
        }
    }
}
