internal import Consent
internal import MerkleLog
internal import Sealing
public import VaultCore

/// Proof that a patient's key was destroyed: the entry, who ordered it, and on what ground.
public struct ErasureCertificate: Sendable, Hashable {
    /// The erasure's entry.
    public let receipt: Receipt
    /// Whose rows the record side deletes now.
    public let pseudonym: PatientPseudonym
    /// The certificate as a document.
    public let json: JSONValue
}

extension GuardCore {
    /// Destroys a patient's key by order of two persons, and rotates the shard key that wrapped it.
    ///
    /// After this no copy of the wrapped key that the vault holds opens: the shard key under which an older
    /// copy lies is gone, and the other patients of the shard are wrapped anew.
    ///
    /// - Parameters:
    ///   - patient: Whose record.
    ///   - reason: Why, free text, kept in the patient's part of the entry.
    ///   - basis: The legal basis, `GDPR 17(1)(b)` or the like.
    ///   - first: A privacy officer or administrator.
    ///   - second: Another one.
    ///   - context: Where the call came from.
    /// - Returns: The certificate; the caller deletes the rows.
    /// - Throws: ``GuardError/heldBack(reason:)``, ``GuardError/notPermitted(action:)`` and others.
    public func erase(
        _ patient: PatientDesignation,
        reason: String,
        basis: String,
        by first: Caller,
        and second: Caller,
        context: CallContext
    ) throws -> ErasureCertificate {
        try exclusively { mutable in
            let state = mutable.state
            let body: JSONValue = [
                "kind": "erase", "patient": patient.json, "reason": .string(reason),
                "basis": .string(basis),
            ]
            let one = try mutable.authenticator.actor(
                first,
                body: body,
                state: state,
                allowsOperator: false
            )
            let two = try mutable.authenticator.actor(
                second,
                body: body,
                state: state,
                allowsOperator: false
            )
            for actor in [one, two] {
                try actor.require(
                    [.privacyOfficer, .administrator, .securityOfficer],
                    action: "erase"
                )
            }
            guard one.name != two.name, one.credential != two.credential else {
                throw GuardError.notPermitted(action: "erase alone")
            }
            guard !basis.isEmpty, !reason.isEmpty,
                reason.utf8.count <= Limits.maximumReasonByteCount
            else { throw GuardError.invalid(field: "reason or basis") }
            try state.requireNoHold()
            let (pseudonym, _) = try state.known(patient)
            // A write that is under way would put back what is erased here.
            try mutable.requireNoOtherWrite(of: pseudonym)
            let order = ErasureOrder(
                pseudonym: pseudonym,
                reason: reason,
                basis: basis,
                first: one,
                second: two
            )
            let certificate = try order.carryOut(state, context: context)
            mutable.grants.revokeAll(for: [pseudonym])
            return certificate
        }
    }

    /// Patients whose key was destroyed; the record side deletes what it may still hold of them.
    ///
    /// - Parameter caller: Who may write records, or the operator, by ``GuardRequest/recovery``.
    /// - Returns: In no order.
    /// - Throws: A ``Failure``.
    public func erasedPatients(by caller: Caller) throws -> [PatientPseudonym] {
        try exclusively { mutable in
            try authorizeRecovery(caller, &mutable)
            var found: [PatientPseudonym] = []
            try mutable.state.forEachStoredItem(.patient) { key, bytes in
                if try PatientState(decoding: bytes).erasedAt != nil,
                    let pseudonym = PatientPseudonym(bytes: key)
                {
                    found.append(pseudonym)
                }
            }
            return found
        }
    }
}

extension GuardState {
    /// Refuses erasure while a hold or a breach case is open.
    fileprivate func requireNoHold() throws {
        guard try storage.itemCount(.hold) == 0 else {
            throw GuardError.heldBack(reason: "a legal hold is in force")
        }
        var hasOpenCase = false
        try forEachStoredItem(.incident) { _, bytes in
            let kept = JSONValue(parsing: bytes)
            // A drill holds nothing back; what cannot be read does.
            if kept?["drill"] != true, kept?["state"]?.string != "closed" { hasOpenCase = true }
        }
        if hasOpenCase { throw GuardError.heldBack(reason: "a breach case is open") }
    }
}

/// An erasure that two persons ordered.
private struct ErasureOrder {
    let pseudonym: PatientPseudonym
    let reason: String
    let basis: String
    let first: Actor
    let second: Actor

    func carryOut(_ state: GuardState, context: CallContext) throws -> ErasureCertificate {
        guard var patient = try state.patient(pseudonym) else {
            throw GuardError.unknown(what: "patient")
        }
        let records = try state.catalogue(of: pseudonym).items.count
        var members: [PatientPseudonym] = []
        try state.forEachStoredItem(.patient) { key, bytes in
            guard try PatientState(decoding: bytes).shard == patient.shard,
                let member = PatientPseudonym(bytes: key), member != pseudonym
            else { return }
            members.append(member)
        }
        let rewrapped = try state.rotateShard(patient.shard, members: members)
        // An entry of its own: the erasure's is shown to the patient, and must not name the others.
        try state.announceShard(patient.shard, rewrapped, by: first, context: context)
        var header = try state.header(.key, by: first, context: context)
        header.action = "erase"
        header.legalBasis = [basis]
        header.decision = .permit
        header.more = [
            .init("second", .string(second.name)),
            .init("secondCredential", .string(second.credential)),
        ]
        let part: JSONValue = [
            "erased": true, "reason": .string(reason), "records": .int(Int64(records)),
        ]
        let (index, leaf) = try state.append(
            header,
            parts: [GuardState.Part(patient: pseudonym, body: part)]
        )
        patient = try state.patient(pseudonym) ?? patient
        patient.erasedAt = index
        patient.segments = []
        state.setPatient(pseudonym, patient)
        try state.removeSearchFields(of: pseudonym)
        for kind in [ItemKind.patientKey, .catalogue, .labelGraph, .facts] {
            state.setItem(kind, pseudonym.bytes, nil)
        }
        state.factsCache[pseudonym] = nil
        state.forgetPatientKey(pseudonym)
        // CRASH: before this commit nothing is erased; after it the key is gone and the next start
        // deletes the rows.
        try state.commitNow()
        state.forgetShardKeys()
        // CRASH, and where it fails: the key is gone from the state, an older page may lie beside it
        // until the next opening, which does the same.
        try? state.storage.forgetOldValues()
        let receipt = Receipt(index: index, leafHash: leaf.bytes)
        return ErasureCertificate(
            receipt: receipt,
            pseudonym: pseudonym,
            json: certificate(header, receipt, records: records, vault: state.vault)
        )
    }

    private func certificate(
        _ header: EntryHeader,
        _ receipt: Receipt,
        records: Int,
        vault: VaultID
    ) -> JSONValue {
        [
            "vault": .string(vault.description), "patient": .string(pseudonym.description),
            "time": .string(header.time.description), "basis": .string(basis),
            "orderedBy": .strings([first.name, second.name]),
            "records": .int(Int64(records)), "logIndex": .int(Int64(receipt.index)),
            "leafHash": .string(Base64.encode(receipt.leafHash)),
            "destroyed": "the patient key and the shard key that had wrapped it",
            "notPromised": "a key backup kept against procedure together with its opening key",
        ]
    }
}
