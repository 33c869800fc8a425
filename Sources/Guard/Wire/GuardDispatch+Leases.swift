internal import Consent
internal import VaultCore

/// Clients, their tokens, and what a record server asks while it answers them.
extension GuardDispatch {
    static func answerClients(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .registerClient:
            let (client, caller): (Client, Caller) = (try wire.take(), try wire.take())
            try service.register(client, by: caller, context: try wire.last())
        case .disableClient:
            let (id, caller): (String, Caller) = (try wire.take(), try wire.take())
            try service.disableClient(id, by: caller, context: try wire.last())
        case .enrolSubject:
            let (subject, principal): (String, PrincipalID?) = (try wire.take(), try wire.take())
            let (client, caller): (String, Caller) = (try wire.take(), try wire.take())
            try service.enrol(
                subject,
                as: principal,
                at: client,
                by: caller,
                context: try wire.last()
            )
        case .clients: out.put(try service.clients(by: try wire.last()))
        case .stateRoster:
            let (group, members): (FHIRID, [PatientDesignation]) = (
                try wire.take(), try wire.take()
            )
            let (client, caller): (String, Caller) = (try wire.take(), try wire.take())
            let count = try service.state(
                rosterOf: group,
                members: members,
                for: client,
                by: caller,
                context: try wire.last()
            )
            out.put(UInt64(count))
        case .roster:
            let group: FHIRID = try wire.take()
            out.put(try service.roster(of: group, by: try wire.last()))
        default: throw WireError()
        }
    }

    /// The assertion proves the client, the token itself who asks about it.
    static func answerTokens(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .issueToken: out.put(try service.issueToken(try wire.last()))
        case .exchangeIdentity: out.put(try service.exchangeIdentity(try wire.last()))
        case .tokenFacts: out.put(try service.tokenFacts(try wire.last()))
        case .proves:
            let proof: PossessionProof = try wire.take()
            out.put(try service.proves(proof, possessionOf: try wire.last()))
        case .authenticate: out.put(try service.authenticate(try wire.last()))
        default: throw WireError()
        }
    }

    static func answerLease(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .recordTags:
            let records: [RecordID] = try wire.take()
            out.put(try service.recordTags(of: records, under: Grant(handle: try wire.last())))
        case .isLive: out.put(try service.isLive(Grant(handle: try wire.last())))
        case .holders:
            let record: RecordID = try wire.take()
            out.put(try service.patients(holding: record, by: try wire.last()))
        case .isDeleted:
            let (record, patient): (RecordID, PatientDesignation) = (
                try wire.take(), try wire.take()
            )
            out.put(try service.isDeleted(record, of: patient, by: try wire.last()))
        case .times:
            let indexes: [Int64] = try wire.take()
            let caller: Caller = try wire.last()
            out.put(EntryTimes(times: try service.times(ofEntries: Set(indexes), by: caller)))
        case .releaseDirectory:
            let (types, caller): ([String], Caller) = (try wire.take(), try wire.take())
            let context: CallContext = try wire.last()
            out.put(try service.releaseDirectory(types: types, by: caller, context: context))
        default: throw WireError()
        }
    }

    static func answerExport(
        _ operation: GuardOperation,
        _ wire: inout WireReader,
        _ out: inout WireWriter,
        _ service: any GuardService
    ) throws {
        switch operation {
        case .beginExport:
            let (request, level): (ReleaseRequest, String) = (try wire.take(), try wire.take())
            out.put(try service.beginExport(request, level: level, by: try wire.last()))
        case .exportable:
            let candidates: [PatientPseudonym] = try wire.take()
            let request: ReleaseRequest = try wire.take()
            out.put(try service.exportable(candidates, request: request, by: try wire.last()))
        case .recordFile:
            let file: String = try wire.take()
            let (grants, manifests): ([GrantHandle], [Manifest]) = (
                try wire.take(), try wire.take()
            )
            try wire.end()
            guard grants.count == manifests.count else { throw WireError() }
            let carried = zip(grants, manifests).map { (grant: Grant(handle: $0), manifest: $1) }
            out.put(try service.recordDisclosure(ofFile: file, carrying: carried))
        default: throw WireError()
        }
    }
}
