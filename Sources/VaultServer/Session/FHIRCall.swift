internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// One authenticated FHIR request while it is answered.
struct FHIRCall {
    let call: HTTPCall
    let match: RouteMatch
    let requester: Requester
    let server: Server

    init(_ call: HTTPCall, _ match: RouteMatch, requester: Requester, server: Server) {
        self.call = call
        self.match = match
        self.requester = requester
        self.server = server
    }

    var vault: VaultService { server.vault }
    var now: Instant { server.clock.now() }
    var base: String { server.base }

    /// The type that the path names.
    func type() throws -> ResourceType {
        guard let type = match.types.last else { throw Problem.notFound }
        return type
    }

    /// The record that the path names.
    func record() throws -> RecordID {
        guard let id = match.id, let type = match.types.first else { throw Problem.notFound }
        return RecordID(type: type.rawValue, id: id)
    }

    /// The query, or the form of a `_search`.
    func pairs() throws -> [QueryPair] {
        guard var pairs = FormText.pairs(call.query) else {
            throw Problem.invalid("the query is not well-formed")
        }
        if match.route.interaction == .searchByPost {
            guard let text = String(validating: call.body, as: UTF8.self),
                let form = FormText.pairs(text)
            else { throw Problem.invalid("the form is not well-formed") }
            pairs += form
        }
        return pairs
    }

    func reply() throws -> HTTPReply {
        if match.types.first == .subscription, let reply = try subscriptionReply() { return reply }
        switch match.route.interaction {
        case .read where try type() == .auditEvent: return try AuditEvents(self).read()
        case .search, .searchByPost, .compartmentSearch:
            return try type() == .auditEvent
                ? AuditEvents(self).search() : Searching(self).reply()
        case .read: return try Reading(self).read()
        case .vread: return try Reading(self).vread()
        case .history: return try Reading(self).history()
        case .everything, .everythingByPost: return try Everything(self).reply()
        case .create: return try Writing(self).create()
        case .update: return try Writing(self).update()
        case .patch: return try Writing(self).patch()
        case .delete: return try Writing(self).delete()
        case .bundle: return try Bundles(self).reply()
        case .validate: return try Writing(self).validate()
        case .conditionalUpdate: return try Writing(self).conditionalUpdate()
        case .conditionalDelete: return try Writing(self).conditionalDelete()
        case .preview: return try ConsentPreviewing(self).reply()
        case .subscriptionStatus, .subscriptionStatusByPost: return try Subscribing(self).status()
        case .subscriptionEvents, .subscriptionEventsByPost: return try Subscribing(self).events()
        case .export, .exportPatients, .exportGroup: return try Exporting(self).kickOff()
        case .bulkImport: return try Importing(self).kickOff()
        case .exportStatus: return try Importing(self).status() ?? Exporting(self).status()
        case .exportEnd: return try Importing(self).end() ?? Exporting(self).end()
        case .exportFile: return try Exporting(self).file()
        case .launchContext: return try launchContext()
        case .health, .ready, .metrics, .openAPI, .capabilities, .smartConfiguration, .token,
            .introspect, .revoke, .authorize, .signIn, .decide, .apps, .appsSignIn, .appsWithdraw,
            .appsSignOut:
            throw Problem.notFound
        }
    }

    /// Subscriptions are the Guard's, and no records: what else can be asked of a record is not there.
    private func subscriptionReply() throws -> HTTPReply? {
        switch match.route.interaction {
        case .create: return try Subscribing(self).create()
        case .read: return try Subscribing(self).read()
        case .search, .searchByPost: return try Subscribing(self).search()
        case .delete: return try Subscribing(self).delete()
        case .validate: return nil
        case .vread, .history, .compartmentSearch: throw Problem.notFound
        default: throw Problem.methodNotKnown
        }
    }

    // MARK: Leases

    /// What a requester may see of a patient's record; `nil` where that is nothing: unknown, hidden and
    /// denied patients are the same.
    func view(of patient: PatientDesignation) throws -> LeaseView? {
        try server.view(of: patient, for: requester)
    }

    /// The shared directory, as far as the token allows its types.
    func directory() throws -> LeaseView {
        let types = requester.readableTypes
        let key = LeaseCache.Key(token: requester.token, patient: nil, types: types)
        if let known = server.leases.view(key, now: now) { return known }
        let lease = try vault.openDirectory(
            types: types,
            by: requester.caller,
            context: requester.context,
            now: now
        )
        let view = try LeaseView(lease, of: vault, scopes: requester.facts.scopes)
        server.leases.keep(view, key)
        return view
    }

    /// Forgets what was opened of a patient: its record or its rules are others now.
    func forget(_ view: LeaseView) {
        server.leases.drop(
            LeaseCache.Key(
                token: requester.token,
                patient: view.lease.patient.map { .id($0.id) },
                emergency: requester.emergency,
                types: view.lease.patient == nil ? requester.readableTypes : []
            )
        )
    }

    /// Answers from leases: what an answer carries is in the log before it leaves.
    ///
    /// Where the Guard says that a lease holds no more, the answer is made anew, from what holds now.
    func disclosing(_ answer: () throws -> Answer) throws -> HTTPReply {
        for _ in 0..<3 {
            let made = try answer()
            do {
                for (view, carried) in made.carried { try vault.disclose(carried, of: view.lease) }
                return made.reply
            } catch GuardError.grantEnded {
                for (view, _) in made.carried { forget(view) }
            } catch GuardError.invalid(field: "manifest") {
                for (view, _) in made.carried { forget(view) }
            }
        }
        throw Problem.busy
    }

    /// A reply with what it carries of which lease.
    struct Answer {
        var reply: HTTPReply
        var carried: [(LeaseView, [LeasedRecord])] = []
    }

    /// The patients who may have a record of this name, for whom a lease is worth asking.
    func holders(of record: RecordID) throws -> [PatientDesignation] {
        if let own = requester.facts.patient { return [.id(own)] }
        if record.type == "Patient" { return [.id(record.id)] }
        return try vault.guard.patients(holding: record, by: requester.caller).prefix(4)
            .map { .id($0.id) }
    }

    /// The record with the view it stands in; `nil` where this requester sees none of this name.
    ///
    /// Whatever the reason, exactly one entry of the Guard is written before `nil` comes back: hidden, denied
    /// and absent cost alike. Shared types look into the directory first, whose opening is an entry of its
    /// own, found or not.
    func find(_ record: RecordID) throws -> (LeaseView, LeasedRecord)? {
        if ResourceType(named: record.type)?.mayBeShared == true {
            let directory = try directory()
            if let found = directory.record(record) { return (directory, found) }
        }
        if let found = server.leases.view(
            holding: record,
            token: requester.token,
            emergency: requester.emergency,
            now: now
        ) {
            return found
        }
        let holder = try holder(of: record)
        let known = knownView(of: holder)
        guard let view = try viewForMissing(record, of: holder, known: known) else { return nil }
        return view.record(record).map { (view, $0) }
    }

    /// The patient whose record is asked for a resource of this name; where nobody has it, one who is not
    /// there, so that the question is asked all the same.
    func holder(of record: RecordID) throws -> PatientDesignation {
        try holders(of: record).first ?? .id(record.id)
    }

    /// The view in which a record may be that no open view shows; one entry of the Guard, whatever comes back.
    ///
    /// A lease that lives has every current record that may be seen, for a write ends it: then the question
    /// is only noted. Else the lease is asked for, which is that entry.
    func viewForMissing(
        _ record: RecordID,
        of holder: PatientDesignation,
        known: LeaseView?
    ) throws -> LeaseView? {
        if let known {
            if try vault.isLive(known.lease) {
                _ = try mayBeReleased(record, of: holder)
                return known
            }
            forget(known)
        }
        return try view(of: holder)
    }

    /// The same for who is about to change the record: what comes back is its newest version.
    ///
    /// The Guard is asked about the lease before it is believed; the writer has seen the record.
    func findNewest(_ record: RecordID) throws -> (LeaseView, LeasedRecord)? {
        for _ in 0..<3 {
            guard let (view, found) = try find(record) else { return nil }
            do {
                try vault.disclose([found], of: view.lease)
                return (view, found)
            } catch GuardError.grantEnded {
                forget(view)
            } catch GuardError.invalid(field: "manifest") {
                forget(view)
            }
        }
        throw Problem.busy
    }

    /// A lease that is open already.
    func knownView(of patient: PatientDesignation) -> LeaseView? {
        server.leases.view(
            LeaseCache.Key(
                token: requester.token,
                patient: patient,
                emergency: requester.emergency
            ),
            now: now
        )
    }

    /// Asks the Guard about one record; the question is an entry, whatever the answer.
    func mayBeReleased(_ record: RecordID, of patient: PatientDesignation) throws -> Bool {
        let patient = requester.facts.patient.map { .id($0) } ?? patient
        let request = requester.request(for: patient, record: record)
        switch try vault.guard.release(request, by: requester.caller) {
        case .denied: return false
        case .granted(let grant): return !grant.segments.isEmpty
        }
    }

    // MARK: Media types

    func checkMediaTypes() throws {
        if match.route.interaction != .exportFile { try Server.checkAccept(call) }
        let sent = MediaType.bare(call.header("content-type") ?? "")
        switch match.route.interaction {
        case .create, .update, .conditionalUpdate, .bundle, .validate, .preview:
            guard sent == MediaType.fhir || sent == MediaType.json else { throw Problem.mediaType }
        case .patch: guard sent == MediaType.jsonPatch else { throw Problem.mediaType }
        case .searchByPost, .launchContext:
            guard sent == MediaType.form else { throw Problem.mediaType }
        case .bulkImport:
            guard MediaType.allNDJSON.contains(sent) else { throw Problem.mediaType }
        default: break
        }
    }

    /// The value of a `Prefer` token such as `return` or `handling`.
    func preference(_ name: String) -> String? {
        for part in (call.header("prefer") ?? "").split(whereSeparator: { $0 == "," || $0 == ";" })
        {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, sides[0].filter({ $0 != " " }).lowercased() == name else {
                continue
            }
            return sides[1].filter { $0 != " " && $0 != "\"" }
        }
        return nil
    }
}
