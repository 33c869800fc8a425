internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Whose records a search looks into: told by the query or the token, never by looking at all patients.
struct SearchSubjects {
    enum Answer {
        case patients([PatientDesignation])
        case directory
    }

    private let request: FHIRCall
    /// Most patients of one search.
    private static let limit = 20

    init(_ request: FHIRCall) { self.request = request }

    func patients(of query: SearchQuery, _ pairs: [QueryPair]) throws -> Answer {
        if let own = request.requester.facts.patient { return .patients([.id(own)]) }
        if query.type == .patient { return .patients(try patientsByQuery(query)) }
        var named: [PatientDesignation]?
        for criterion in query.criteria {
            guard let found = designations(criterion) else { continue }
            named = named.map { known in known.filter { found.contains($0) } } ?? found
        }
        if let named {
            var seen: Set<PatientDesignation> = []
            let distinct = named.filter { seen.insert($0).inserted }
            return .patients(Array(distinct.prefix(Self.limit)))
        }
        if query.type.mayBeShared { return .directory }
        if let ids = values(of: "_id", query) {
            var holders: [PatientDesignation] = []
            for id in ids.prefix(Self.limit) {
                guard let id = FHIRID(id) else { continue }
                holders += try request.holders(
                    of: RecordID(type: query.type.rawValue, id: id)
                )
            }
            return .patients(Array(Set(holders)))
        }
        throw Problem.invalid(
            "a search names its patient: `patient=ID` or `patient.identifier=SYSTEM|VALUE`",
            code: "required"
        )
    }

    /// The patients that one condition names; `nil` where it names none.
    private func designations(_ criterion: Criterion) -> [PatientDesignation]? {
        switch criterion {
        case .parameter(let parameter, let modifier, let values)
        where parameter.kind == .reference:
            switch modifier {
            case nil, .type(.patient): break
            case .identifier where parameter.code == "patient":
                return values.compactMap { PatientDesignation($0) }
            default: return nil
            }
            var found: [PatientDesignation] = []
            for value in values {
                if value.contains("Patient/") {
                    let id = value.split(separator: "/").last.flatMap { FHIRID($0) }
                    if let id { found.append(.id(id)) }
                } else if ["patient", "subject", "beneficiary"].contains(parameter.code)
                    || modifier == .type(.patient), let id = FHIRID(value)
                {
                    found.append(.id(id))
                }
            }
            return found.isEmpty ? nil : found
        case .chain(_, .patient, .parameter(let inner, nil, let values)):
            switch inner.code {
            case "identifier": return values.compactMap { PatientDesignation($0) }
            case "_id": return values.compactMap { FHIRID($0).map { .id($0) } }
            default: return nil
            }
        default: return nil
        }
    }

    private func values(of code: String, _ query: SearchQuery) -> [String]? {
        for criterion in query.criteria {
            if case .parameter(let parameter, nil, let values) = criterion, parameter.code == code {
                return values
            }
        }
        return nil
    }

    /// Patients by id, by identifier, or by the blind index, which is for those whose work is to find.
    private func patientsByQuery(_ query: SearchQuery) throws -> [PatientDesignation] {
        if let ids = values(of: "_id", query) {
            return ids.prefix(Self.limit).compactMap { FHIRID($0).map { .id($0) } }
        }
        if let identifiers = values(of: "identifier", query) {
            return identifiers.prefix(Self.limit).filter { $0.contains("|") }
                .compactMap { PatientDesignation($0) }
        }
        var find = FindQuery()
        find.context = request.requester.context
        var names: [String] = []
        for code in ["name", "family", "given"] {
            // The index knows whole words only; what a search means by a beginning is compared later.
            if let value = values(of: code, query)?.first { names.append(value) }
        }
        if !names.isEmpty { find.name = names.joined(separator: " ") }
        if let day = values(of: "birthdate", query)?.first {
            find.birthDate = day.hasPrefix("eq") ? String(day.dropFirst(2)) : day
        }
        guard find.name != nil || find.birthDate != nil else {
            throw Problem.invalid(
                "a search for patients names an id, an identifier, or name and birth date",
                code: "required"
            )
        }
        let found = try request.vault.guard.find(find, by: request.requester.caller)
        return found.patients.prefix(Self.limit).map { .id($0.id) }
    }
}
