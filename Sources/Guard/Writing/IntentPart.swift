internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// What an intent says of one patient: which versions are about to be stored, sealed how, with which
/// labels and references, and which facts they state.
///
/// Complete enough that the Guard's state follows from the stored intents alone.
struct IntentPart: Sendable {
    var rows = IntentRows()
    var facts: [PatientFacts.Entry] = []
    var withdrawn: [RecordID] = []
    var identity: PatientIdentity?
    /// Set where nothing but the patient's key changes.
    var rotation: RotationPart?

    init() {}

    /// Whether there is nothing to announce.
    var isEmpty: Bool { rows.records.isEmpty && !statesSomething && rotation == nil }

    /// Whether it states facts or who the patient is.
    var statesSomething: Bool { !facts.isEmpty || !withdrawn.isEmpty || identity != nil }

    /// The stated facts' text, compacted; empty where there are none.
    func compactedFacts() throws -> [UInt8] {
        facts.isEmpty ? [] : try Compaction.compacted(PatientFacts.Entry.text(of: facts))
    }

    /// The part's body in the log: rows and facts as texts in base64.
    ///
    /// - Parameter facts: ``compactedFacts()``.
    /// - Returns: A JSON object.
    func body(facts: [UInt8]) -> JSONValue {
        if let rotation { return rotation.json }
        var object: JSONValue = ["rows": .string(Base64.encode(rows.encoded))]
        if !facts.isEmpty { object.set("facts", .string(Base64.encode(facts))) }
        if !withdrawn.isEmpty { object.set("withdrawn", .strings(withdrawn.map(\.description))) }
        if let identity { object.set("identity", identity.json) }
        return object
    }

    /// How many versions are about to be sealed.
    var sealedCount: Int { rotation?.rows.count ?? rows.records.count }

    /// Fills in the hash of one sealed version.
    mutating func setSealed(_ hash: MerkleHash, row: Int) {
        if rotation == nil {
            rows.records[row].sealed = hash
        } else {
            rotation?.rows[row].sealed = hash
        }
    }

    init(json: JSONValue) throws(GuardError) {
        if json["rotation"] != nil {
            rotation = try RotationPart(json: json)
            return
        }
        rows = try Self.rows(of: json)
        if let text = json["facts"] {
            guard let packed = text.string.flatMap({ Base64.decode($0) }) else {
                throw .damagedState
            }
            facts = try Self.entries(compacted: packed)
        }
        for item in json["withdrawn"]?.texts ?? [] {
            guard let origin = RecordID(item) else { throw .damagedState }
            withdrawn.append(origin)
        }
        if let value = json["identity"] {
            guard let identity = PatientIdentity(json: value) else { throw .damagedState }
            self.identity = identity
        }
    }

    /// Who the patient is and whether the key changes, without rows and facts.
    init(outlineOf json: JSONValue) throws(GuardError) {
        if json["rotation"] != nil { rotation = try RotationPart(json: json) }
        if let value = json["identity"] {
            guard let identity = PatientIdentity(json: value) else { throw .damagedState }
            self.identity = identity
        }
    }

    /// Reads what ``compactedFacts()`` wrote.
    static func entries(compacted text: [UInt8]) throws(GuardError) -> [PatientFacts.Entry] {
        guard let plain = try? Compaction.expanded(text),
            let items = JSONValue(parsing: plain)?.array
        else { throw .damagedState }
        var entries: [PatientFacts.Entry] = []
        entries.reserveCapacity(items.count)
        for item in items {
            guard let entry = PatientFacts.Entry(encoded: item) else { throw .damagedState }
            entries.append(entry)
        }
        return entries
    }

    /// The announced versions alone, for whoever needs no facts.
    static func rows(of json: JSONValue) throws(GuardError) -> IntentRows {
        guard let bytes = json["rows"]?.string.flatMap({ Base64.decode($0) }) else {
            throw .damagedState
        }
        return try IntentRows(decoding: bytes)
    }
}
