internal import Consent
internal import Sealing
internal import VaultCore

/// Writing, the log, erasure and breach cases.
extension GuardDispatch {
    static func answerWriting(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .beginWrite:
            let (caller, origin): (Caller, String) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.beginWrite(by: caller, origin: origin, context: context))
        case .beginConsent:
            let (patient, caller): (RecordID, Caller) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.beginConsent(of: patient, by: caller, context: context))
        case .holds:
            let patient: RecordID = try wire.take()
            out.put(try service.holds(patient, in: try wire.last()))
        case .patientByIdentifier:
            let (system, value): (String, String) = (try wire.take(), try wire.take())
            out.put(try service.patient(identifiedBy: system, value, in: try wire.last()))
        case .candidates:
            let record: RecordID = try wire.take()
            let patients: [PatientPseudonym]? = try wire.take()
            out.put(try service.candidates(for: record, of: patients, in: try wire.last()))
        case .holder:
            let pseudonym: PatientPseudonym = try wire.take()
            out.put(try service.holder(pseudonym, in: try wire.last()))
        case .plan:
            let writes: [PatientWrite] = try wire.take()
            out.put(try service.plan(writes, in: try wire.last()))
        case .releaseForResealing:
            let rows: [ResealingKey] = try wire.take()
            let patient: PatientPseudonym = try wire.take()
            let keys = try service.releaseForResealing(
                rows.map { ($0.number, $0.epoch) },
                of: patient,
                in: try wire.last()
            )
            out.count(keys.count)
            for (row, key) in keys {
                out.put(row)
                key.put(&out)
            }
        case .recordIntent:
            let hashes: [SealedHashes] = try wire.take()
            out.put(try service.recordIntent(hashes, in: try wire.last()))
        case .finishWrite: out.put(try service.finishWrite(try wire.last()))
        case .abandonWrite: try service.abandonWrite(try wire.last())
        case .openIntents: out.put(try service.openIntents(by: try wire.last()))
        case .resolve:
            let (session, hasRows): (WriteSessionID, Bool) = (try wire.take(), try wire.take())
            try service.resolve(session, hasRows: hasRows, by: try wire.last())
        default: throw WireError()
        }
    }

    static func answerLog(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .entries:
            let query: LogQuery = try wire.take()
            out.put(try service.entries(query, by: try wire.last()))
        case .entry:
            let (index, caller): (UInt64, Caller) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.entry(at: index, by: caller, context: context))
        case .explanation:
            let (index, caller): (UInt64, Caller) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.explanation(of: index, by: caller, context: context))
        case .proof:
            let (index, patient): (UInt64, PatientDesignation?) = (
                try wire.take(), try wire.take()
            )
            let caller: Caller = try wire.last()
            out.put(try service.proof(ofEntry: index, patient: patient, by: caller))
        case .historyProof:
            let patient: PatientDesignation = try wire.take()
            out.put(try service.historyProof(of: patient, by: try wire.last()))
        case .accessLog:
            let (query, caller): (AccessLogQuery, Caller) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.accessLog(query, by: caller, context: context))
        case .audit:
            let share: AuditShare = try wire.take()
            out.put(try service.audit(share, by: try wire.last()))
        case .auditLog:
            let checkpoint: [UInt8]? = try wire.take()
            out.put(try service.auditLog(extending: checkpoint, by: try wire.last()))
        case .notAccessedProof:
            let patient: PatientDesignation = try wire.take()
            let (from, until): (Instant, Instant) = (try wire.take(), try wire.take())
            let caller: Caller = try wire.last()
            out.put(
                try service.notAccessedProof(of: patient, from: from, until: until, by: caller)
            )
        case .checkpointChain: out.put(try service.checkpointChain(try wire.last()))
        default: throw WireError()
        }
    }

    static func answerOffice(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .erase:
            let patient: PatientDesignation = try wire.take()
            let (reason, basis): (String, String) = (try wire.take(), try wire.take())
            let (first, second): (Caller, Caller) = (try wire.take(), try wire.take())
            let certificate = try service.erase(
                patient,
                reason: reason,
                basis: basis,
                by: first,
                and: second,
                context: try wire.last()
            )
            out.put(certificate)
        case .erasedPatients: out.put(try service.erasedPatients(by: try wire.last()))
        case .recordIncident:
            let (record, callers): (JSONValue, [Caller]) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.recordIncident(record, by: callers, context: context))
        case .incidents: out.put(try service.incidents(by: try wire.last()))
        case .incidentRecords:
            let id: String = try wire.take()
            out.put(try service.incidentRecords(id, by: try wire.last()))
        case .certify:
            let request: CertificationRequest = try wire.take()
            let callers: [Caller] = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.certify(request, by: callers, context: context))
        case .reviewEmergency:
            let index: UInt64 = try wire.take()
            let finding: ReviewFinding = try wire.take()
            let note: String? = try wire.take()
            let caller: Caller = try wire.take()
            let receipt = try service.reviewEmergency(
                index,
                finding: finding,
                note: note,
                by: caller,
                context: try wire.last()
            )
            out.put(receipt)
        case .seals, .sealedName, .applySeal, .reinstate, .residents:
            try answerContainment(operation, &wire, &out, service)
        case .correspondents:
            let patients: [PatientPseudonym] = try wire.take()
            let (incident, caller): (String, Caller) = (try wire.take(), try wire.take())
            let found = try service.correspondents(
                patients,
                incident: incident,
                by: caller,
                context: try wire.last()
            )
            out.put(found)
        default: throw WireError()
        }
    }

    private static func answerContainment(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .seals: out.put(try service.seals(by: try wire.last()))
        case .sealedName:
            let patient: PatientDesignation = try wire.take()
            out.put(try service.sealedName(of: patient, by: try wire.last()))
        case .applySeal:
            let (seal, closes): (AccessSeal, Bool) = (try wire.take(), try wire.take())
            let caller: Caller = try wire.take()
            let context: CallContext = try wire.last()
            out.put(try service.apply(seal, closes: closes, by: caller, context: context))
        case .reinstate:
            let (id, caller): (PrincipalID, Caller) = (try wire.take(), try wire.take())
            try service.reinstate(id, by: caller, context: try wire.last())
        case .residents:
            let patients: [PatientPseudonym] = try wire.take()
            let (incident, caller): (String, Caller) = (try wire.take(), try wire.take())
            let found = try service.residents(
                of: patients,
                incident: incident,
                by: caller,
                context: try wire.last()
            )
            out.put(found)
        default: throw WireError()
        }
    }
}
