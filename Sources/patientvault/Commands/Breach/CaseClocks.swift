internal import BreachResponse
internal import Guard
internal import Vault
internal import VaultCore

/// The deadlines of a case of this vault, from its own records, its scope and what a person adds.
struct CaseClocks {
    let facts: JSONValue
    let answer: BreachClocksAnswer
    let reader: BreachFactsReader

    /// Computes them.
    ///
    /// - Parameters:
    ///   - incident: The case.
    ///   - scope: Its newest certificate, checked; without one nobody knows who is affected.
    ///   - more: A file with further facts.
    ///   - open: The vault.
    ///   - person: A privacy or security officer.
    /// - Throws: A ``Failure``.
    init(
        _ incident: Incident,
        scope: ScopeFile?,
        more: String?,
        open: OpenVault,
        person: any IncidentPerson
    ) throws {
        var added: [JSONValue.Member] = []
        var zone = 0
        if let more {
            guard let document = JSONValue(parsing: try Files.read(more)),
                let members = document.object
            else { throw BreachResponseError.notJSON(document: "facts") }
            added = members.filter { $0.key != "zone" }
            zone = document["zone"]?.string.flatMap { ZonedTime.zone($0) } ?? 0
        }
        var residents = AffectedResidents()
        var encryption: EncryptionFinding?
        if let scope {
            let patients = try scope.affected().map(\.patient)
            let body = GuardCore.residentsBody(patients, incident: incident.id)
            residents = try open.localGuard().residents(
                of: patients,
                incident: incident.id,
                by: try person.caller(for: body),
                context: open.context
            )
            encryption = try scope.certificate.document["encryption"].map {
                try EncryptionFinding($0)
            }
        }
        let rules = try BreachClocksCommand.rules()
        var counts = residents.counts
        // A home that no list of jurisdictions knows is counted as unknown, never left out silently.
        for code in counts.keys where !rules.codes.contains(code) {
            residents.unknown += counts.removeValue(forKey: code) ?? 0
        }
        if residents.unknown > 0 {
            let total = counts.values.reduce(0, +) + residents.unknown
            added.append(.init("total", .int(total)))
        }
        let found = CaseFacts(
            incident,
            residents: counts,
            badAddresses: residents.withoutAddress,
            encryption: encryption,
            offsetMinutes: zone,
            more: added
        )
        facts = found.document
        reader = try BreachFactsReader(found.document, codes: rules.codes)
        answer = BreachClocks(rules: rules).answer(reader.facts)
    }
}
