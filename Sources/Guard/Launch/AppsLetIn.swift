internal import Consent
internal import FHIRModel
internal import VaultCore

/// An app that a person has let in, with all that ends with it.
struct AppLetIn {
    let shown: AuthorizedApp
    /// The patient's Consent that lets it read; `nil` where it acts in the person's own name.
    var consent: RecordID?
    /// Its refresh tokens.
    var kin: [RefreshKin]
    /// In whose names its access tokens are.
    var runners: Set<PrincipalID> = []
}

extension GuardCore.Mutable {
    /// The apps that a person has let in, by id.
    func apps(letInBy person: Principal, now: Instant) throws -> [AppLetIn] {
        let found =
            person.requester.kind == .patient
            ? try state.apps(consentedToBy: person, now: now)
            : try state.refreshKin()
                .filter { $0.grant.user == person.id && $0.grant.consent == nil }
                .filter { try !$0.isIdle(at: now) && refusal(of: $0.grant, now: now) == nil }
                .compactMap { try state.app(actingBy: $0) }
        return found.sorted { $0.shown.id < $1.shown.id }
    }
}

extension GuardState {
    /// Every refresh token that was not ended.
    fileprivate func refreshKin() throws -> [RefreshKin] {
        var found: [RefreshKin] = []
        try forEachStoredItem(.refresh) { _, bytes in
            found.append(try RefreshKin(decoding: bytes))
        }
        return found
    }

    /// Who runs apps that persons start, each with these apps.
    private func runners() throws -> [(principal: Principal, apps: [Client])] {
        var apps: [PrincipalID: [Client]] = [:]
        try forEachStoredItem(.client) { _, bytes in
            guard let json = JSONValue(parsing: bytes) else { throw GuardError.damagedState }
            let client = try Client(json: json)
            if client.launch != nil { apps[client.principal, default: []].append(client) }
        }
        return try apps.compactMap { id, apps in try principal(id).map { ($0, apps) } }
    }

    /// An app that acts in the name of whoever let it in.
    fileprivate func app(actingBy kin: RefreshKin) throws -> AppLetIn? {
        let grant = kin.grant
        guard let client = try client(grant.client) else { return nil }
        return AppLetIn(
            shown: AuthorizedApp(
                id: grant.id,
                names: client.launch.map { [$0.name] } ?? [],
                recipient: try principal(client.principal)?.name ?? client.principal.text,
                categories: [],
                scopes: grant.scopes,
                purposes: grant.purposes,
                patient: grant.patient,
                granted: grant.start,
                lastUsed: kin.used,
                end: grant.end
            ),
            kin: [kin]
        )
    }

    /// The apps that Consents of a patient let read, in force now.
    fileprivate func apps(consentedToBy person: Principal, now: Instant) throws -> [AppLetIn] {
        guard let own = person.ownPatient,
            let subject = try subject(ring.pseudonym(of: "Patient/\(own.text)"))
        else { return [] }
        let kin = Dictionary(
            grouping: try refreshKin().filter { $0.grant.patient == own },
            by: { $0.grant.consent }
        )
        let runners = try runners()
        return subject.facts.facts.entries.compactMap { entry in
            guard
                let source = entry.facts.lazy.filter({ $0.kind == .consent }).compactMap(\.source)
                    .first
            else { return nil }
            let directive = ConsentDirective(text: source, fallbackID: entry.origin.description)
            guard directive.isInForce(at: now), !directive.isMalformed else { return nil }
            return AppLetIn(
                directive,
                stating: entry.origin,
                kin: kin[entry.origin] ?? [],
                runners: runners
            )
        }
    }
}

extension AppLetIn {
    /// Gives `nil` for a Consent that is not about apps: one that permits anybody but who runs them.
    fileprivate init?(
        _ directive: ConsentDirective,
        stating consent: RecordID,
        kin: [RefreshKin],
        runners: [(principal: Principal, apps: [Client])]
    ) {
        let permits = directive.provisions.filter { $0.kind == .permit }
        let recipients = Set(
            permits.flatMap { $0.actors ?? [] }.filter { $0.part == .recipient }.map(\.key)
        )
        let clients = Set(kin.map(\.grant.client))
        let named = runners.filter { runner in
            !recipients.isDisjoint(with: runner.principal.consentKeys)
                || runner.apps.contains { clients.contains($0.id) }
        }
        let isForAppsAlone =
            !recipients.isEmpty && permits.allSatisfy { $0.actors != nil }
            && recipients.isSubset(of: named.flatMap { $0.principal.consentKeys })
        guard isForAppsAlone || !kin.isEmpty else { return nil }
        let apps = named.flatMap(\.apps).filter { clients.isEmpty || clients.contains($0.id) }
        let bounds = directive.bounds
        shown = AuthorizedApp(
            id: consent.description,
            names: Set(apps.compactMap { $0.launch?.name }).sorted(),
            recipient: named.map(\.principal.name).sorted().joined(separator: ", "),
            categories: permits.contains { $0.classes == nil }
                ? [] : permits.flatMap { $0.classes ?? [] }.map(\.code),
            scopes: kin.isEmpty ? apps.flatMap(\.scopes) : kin.flatMap(\.grant.scopes),
            purposes: Set(permits.flatMap { $0.purposes ?? [] }.map(\.code)).sorted(),
            patient: nil,
            granted: kin.map(\.grant.start).min() ?? bounds?.start.asBound,
            lastUsed: kin.map(\.used).max(),
            end: bounds?.end.asBound
        )
        self.consent = consent
        self.kin = kin
        self.runners = Set(named.map(\.principal.id))
    }
}

extension Principal {
    /// Every reference and `SYS|VAL` by which a consent can name it.
    fileprivate var consentKeys: Set<String> {
        Set(requester.references + requester.identifiers.map(\.key))
    }
}

extension Instant {
    /// `nil` for the ends of the range, which stand for no bound.
    fileprivate var asBound: Instant? {
        microseconds == .min || microseconds == .max ? nil : self
    }
}
