internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// Compares what the Guard keeps with what follows from its log.
extension StateAudit {
    mutating func comparePatients(_ replay: Replay) throws {
        var seen: Set<PatientPseudonym> = []
        try forEach(.patient, of: share) { audit, key, bytes in
            guard let pseudonym = PatientPseudonym(bytes: key),
                let expected = replay.patients[pseudonym]
            else { return audit.problem("state", "a patient is kept whom the log does not know") }
            seen.insert(pseudonym)
            try audit.compare(pseudonym, bytes, expected)
        }
        for pseudonym in replay.patients.keys
        where share.holds(pseudonym) && !seen.contains(pseudonym) {
            problem("state", "patient \(pseudonym) is missing or cannot be read")
        }
    }

    private mutating func compare(
        _ pseudonym: PatientPseudonym,
        _ bytes: [UInt8],
        _ expected: Replay.Patient
    ) throws {
        var patient = PatientState(reference: expected.reference, shard: expected.shard)
        patient.keyGeneration = expected.keyGeneration
        patient.entryCount = expected.count
        patient.lastEntry = expected.last
        patient.segments = expected.book.segments
        patient.erasedAt = expected.erasedAt
        let name = "patient \(pseudonym)"
        if patient.encoded() != bytes { problem("state", "\(name): head or segments differ") }
        if state.ring.pseudonym(of: expected.reference) != pseudonym {
            problem("state", "\(name): the pseudonym is not this patient's")
        }
        try expect(
            .catalogue,
            pseudonym,
            expected.book.catalogue.items.isEmpty
                ? nil : expected.book.catalogue.encoded(),
            "\(name): the list of records differs"
        )
        try expect(
            .labelGraph,
            pseudonym,
            expected.book.graph.nodes.isEmpty
                ? nil : expected.book.graph.encoded(),
            "\(name): labels differ"
        )
        let facts = try kept(.facts, pseudonym.bytes)
        if !(facts.map(expected.book.facts.isKept) ?? expected.book.facts.isNothing) {
            problem("state", "\(name): facts differ")
        }
        let identity = expected.book.identity?.json.bytes
        try expect(.searchFields, pseudonym, identity, "\(name): search fields differ")
        try compareKey(pseudonym, patient, expected)
    }

    private mutating func compareKey(
        _ pseudonym: PatientPseudonym,
        _ patient: PatientState,
        _ expected: Replay.Patient
    ) throws {
        let wrapped = try kept(.patientKey, pseudonym.bytes)
        if expected.erasedAt != nil {
            if wrapped != nil { problem("key", "patient \(pseudonym): the erased key is there") }
            return
        }
        guard let wrapped, TreeHasher.leafHash(wrapped).base64 == expected.wrappedKey,
            (try? state.patientKeys(pseudonym, patient)) != nil
        else {
            return problem("key", "patient \(pseudonym): the wrapped key is not the announced one")
        }
    }

    mutating func comparePrincipals(_ replay: Replay) throws {
        var seen: Set<PrincipalID> = []
        try forEach(.principal) { audit, key, bytes in
            guard let json = JSONValue(parsing: bytes), let found = try? Principal(json: json),
                Array(found.id.text.utf8) == key, replay.principals[found.id] == found
            else { return audit.problem("state", "a principal is not as the log says") }
            seen.insert(found.id)
        }
        for id in replay.principals.keys where !seen.contains(id) {
            problem("state", "principal `\(id)` is missing or cannot be read")
        }
        for id in replay.clients.keys where try kept(.client, Array(id.utf8)) == nil {
            problem("state", "client `\(id)` is missing or cannot be read")
        }
        for id in replay.subscriptions.digests.keys.sorted() {
            let key = Array(id.utf8)
            if try kept(.subscription, key) == nil || kept(.subscriptionProgress, key) == nil {
                problem("state", "subscription `\(id)` is missing or cannot be read")
            }
        }
        for id in replay.accounts.keys where try kept(.account, Array(id.utf8)) == nil {
            problem("state", "account `\(id)` is missing or cannot be read")
        }
        for id in replay.refreshes.keys where try kept(.refresh, Array(id.utf8)) == nil {
            problem("state", "a refresh token is missing or cannot be read")
        }
        for id in replay.attempts.keys where try kept(.attempts, Array(id.utf8)) == nil {
            problem("state", "attempts at account `\(id)` are missing")
        }
    }

    /// Builds the blind index anew from the patients' search fields.
    mutating func compareIndex(_ replay: Replay) throws {
        guard let index = try? state.blindIndex() else {
            return problem("index", "the size of the index cannot be read")
        }
        var expected: [[UInt8]: Set<PatientPseudonym>] = [:]
        for (pseudonym, patient) in replay.patients where patient.erasedAt == nil {
            for row in patient.book.identity?.rows ?? [] {
                expected[index.bucket(of: row), default: []].insert(pseudonym)
            }
        }
        var found = 0
        try forEach(.index) { audit, bucket, bytes in
            found += 1
            if expected[bucket]?.sorted().flatMap(\.bytes) != bytes {
                audit.problem("index", "a bucket of the index differs")
            }
        }
        if found != expected.count { problem("index", "buckets of the index are missing") }
        for pseudonym in replay.openIntents.keys {
            if try kept(.openIntent, bigEndian(pseudonym)) == nil {
                problem("state", "open write \(pseudonym) is not kept")
            }
        }
    }

    private mutating func expect(
        _ kind: ItemKind,
        _ patient: PatientPseudonym,
        _ expected: [UInt8]?,
        _ detail: String
    ) throws {
        let found = try kept(kind, patient.bytes)
        // An empty list may stand as such or not at all.
        if found != expected, !(expected == nil && (found?.count ?? 0) <= 3) {
            problem("state", detail)
        }
    }

    /// A kept item, or `nil` where it is missing; one that does not open is a problem of its own.
    private mutating func kept(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? {
        do { return try state.item(kind, key) } catch GuardError.damagedState {
            problem("state", "an item of table \(kind.rawValue) was altered")
            return nil
        }
    }

    /// Opens every item of a table by itself, so that one damaged item does not hide the others.
    mutating func forEach(
        _ kind: ItemKind,
        of share: AuditShare = .whole,
        _ body: (inout StateAudit, [UInt8], [UInt8]) throws -> Void
    ) throws {
        var keys: [[UInt8]] = []
        try state.storage.forEachItem(kind) { key, _ in
            // A key that is no patient's is the first share's to complain about.
            if PatientPseudonym(bytes: key).map(share.holds) ?? share.isFirst { keys.append(key) }
        }
        for key in keys {
            if let bytes = try kept(kind, key) { try body(&self, key, bytes) }
        }
    }
}
