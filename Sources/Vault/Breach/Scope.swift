public import BreachResponse
internal import Consent
public import Guard
internal import MerkleLog
public import VaultCore

/// A computed scope, with what its file needs beside the sets.
public struct ScopeFinding: Sendable {
    /// The three sets.
    public let result: ScopeResult
    /// What the Guard read out of its log.
    public let log: AccessLog
    /// Digest of the second person's own run of the same query; `nil` where there was none.
    public let rerun: String?

    /// Patients to whom a letter may be due: proven accessed, and could have been.
    public var affected: [PatientPseudonym] {
        (result.accessed + result.couldHave).map(\.patient).sorted()
    }

    /// Whether a second person got the same digest.
    public var isAgreed: Bool { rerun == result.digest }
}

extension VaultService {
    /// Computes who was, could have been, and was not accessed; each person runs the query of their own.
    ///
    /// - Parameters:
    ///   - question: Window and suspicion.
    ///   - people: One or two officers.
    ///   - context: Where the call came from.
    /// - Returns: The sets of the first run and the digest of the second.
    /// - Throws: ``BreachResponseError/badWindow``, ``BreachResponseError/windowNotOver``,
    ///   ``BreachResponseError/suspicionNamesNobody``, ``GuardError/notPermitted(action:)`` and other
    ///   ``Failure``s.
    public func scope(
        _ question: ScopeComputation,
        by people: [any IncidentPerson],
        context: CallContext
    ) throws -> ScopeFinding {
        guard question.window.from < question.window.to else {
            throw BreachResponseError.badWindow
        }
        let latest = try `guard`.incidentTime().advanced(by: IncidentArtefact.clockSkew)
        guard question.window.to <= latest else { throw BreachResponseError.windowNotOver }
        let query = AccessLogQuery(
            from: question.window.from,
            until: question.window.to,
            through: AccessFilter(question.suspicion)
        )
        var runs: [(result: ScopeResult, log: AccessLog)] = []
        for person in people {
            let log = try `guard`.accessLog(
                query,
                by: try person.caller(for: query.json),
                context: context
            )
            runs.append((try question.run(LoggedHistory(log)), log))
        }
        guard let first = runs.first else { throw GuardError.notAuthenticated }
        return ScopeFinding(
            result: first.result,
            log: first.log,
            rerun: runs.count > 1 ? runs[1].result.digest : nil
        )
    }

    /// Writes a finding down: signed by each person, vouched for by the log's key.
    ///
    /// - Parameters:
    ///   - finding: What was computed.
    ///   - incident: The case; its next scope version is the certificate's.
    ///   - previous: Digest of the version before, if any.
    ///   - people: Those who computed it.
    ///   - context: Where the call came from.
    /// - Returns: The file, to be checked by ``ScopeFile/verify(_:verifierKey:)``.
    /// - Throws: A ``Failure``.
    public func certify(
        _ finding: ScopeFinding,
        of incident: Incident,
        previous: String?,
        by people: [any IncidentPerson],
        context: CallContext
    ) throws -> ScopeFile {
        var certificate = ScopeCertificate(
            finding.result,
            incident: incident.id,
            version: incident.scopeVersion + 1,
            previous: previous,
            made: try `guard`.incidentTime()
        )
        let known = try knownPrincipals(by: people)
        for person in people {
            let role = known.first { $0.id == person.principal }?.requester.kind.rawValue
            let message = certificate.message(
                principal: person.principal,
                role: role ?? "unknown"
            )
            certificate.add(
                ScopeCertificate.Signature(
                    principal: person.principal,
                    role: role ?? "unknown",
                    key: Base64.encode(person.publicKey),
                    bytes: try person.sign(message)
                )
            )
        }
        guard let scope = JSONValue(parsing: certificate.encoded) else {
            throw BreachResponseError.notJSON(document: "certificate")
        }
        let body: JSONValue = ["scope": scope, "names": ScopeNames(finding).document]
        let range = finding.result.range
        let request = CertificationRequest(
            domain: ScopeCertificate.domain,
            digest: TreeHasher.leafHash(body.bytes).bytes,
            sizes: [range.fromSize, range.toSize]
        )
        let certified = try `guard`.certify(
            request,
            by: try people.map { try $0.caller(for: request.json) },
            context: context
        )
        return ScopeFile(body: body, certification: certified)
    }
}

extension AccessFilter {
    /// The entries that may have come by what is suspected: exactly those that the computation must see.
    init(_ suspicion: Suspicion) {
        self =
            switch suspicion {
            case .principal(let id): .only(.principal, id.text)
            case .device(let id): .only(.device, id)
            case .session(let id): .only(.session, id.description)
            case .server(let id): .only(.recordServer, id)
            case .guardHost(let id): .only(.guardHost, id)
            case .organization(let id): .only(.organization, id)
            case .patientKeys, .rootKey, .lostBackup: .nothing
            }
    }
}

/// What the pseudonyms and tags of a certificate stand for, for the affected patients only.
private struct ScopeNames {
    let finding: ScopeFinding

    init(_ finding: ScopeFinding) { self.finding = finding }

    var document: JSONValue {
        let affected = finding.result.accessed + finding.result.couldHave
        let named = Set(affected.map(\.patient))
        var records: Set<RecordTag> = []
        var segments: Set<SegmentTag> = []
        for patient in affected {
            records.formUnion(patient.accessed.map(\.item.record))
            for ground in patient.reach {
                switch ground {
                case .grant(_, let reached, _, _), .credential(let reached):
                    segments.formUnion(reached)
                case .written(let item, _): records.insert(item.record)
                default: break
                }
            }
        }
        let log = finding.log
        return [
            "patients": .array(
                log.patients.filter { named.contains($0.pseudonym) }
                    .sorted { $0.pseudonym < $1.pseudonym }.compactMap { patient in
                        patient.reference.map {
                            [
                                "patient": .string(patient.pseudonym.description),
                                "reference": .string($0),
                            ]
                        }
                    }
            ),
            "records": .array(
                records.sorted().compactMap { tag in
                    log.records[tag].map {
                        [
                            "record": .string(tag.description), "id": .string($0.id.description),
                            "category": .string($0.category),
                        ]
                    }
                }
            ),
            "segments": .array(
                segments.sorted().compactMap { tag in
                    log.segmentNames[tag].map {
                        ["segment": .string(tag.description), "name": .string($0)]
                    }
                }
            ),
        ]
    }
}
