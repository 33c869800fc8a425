internal import VaultCore

/// What a patient can be found and written to by; kept sealed in the Guard and in its log.
///
/// The blind index is made from it, and a breach letter needs it even after the record is erased.
public struct PatientIdentity: Sendable, Hashable {
    /// A business identifier.
    public struct Identifier: Sendable, Hashable {
        /// The identifier's system, a URI.
        public var system: String
        /// Its value as written.
        public var value: String

        /// Joins a system and a value.
        ///
        /// - Parameters:
        ///   - system: A URI.
        ///   - value: As written.
        public init(system: String, value: String) {
            self.system = system
            self.value = value
        }
    }

    /// Names as written, the usual one first.
    public var names: [String] = []
    /// ISO 8601 day, month or year.
    public var birthDate: String?
    /// Business identifiers.
    public var identifiers: [Identifier] = []
    /// Phone numbers as written.
    public var phones: [String] = []
    /// Lines of the postal address for letters.
    public var address: [String] = []
    /// BCP 47 language of letters.
    public var language: String?
    /// ISO 3166 country, or a state of one, `US-MA`.
    public var residence: String?
    /// Where the patient wants confidential letters to go (45 CFR 164.522(b)); empty where nowhere else.
    public var confidentialAddress: [String] = []
    /// Whether the record says that the patient has died.
    public var isDeceased = false
    /// Who can stand in for the patient, in the order of the record.
    public var representatives: [Representative] = []

    /// An identity of which nothing is known yet.
    public init() {}

    /// Field and normalised value of every index row of this patient.
    var rows: Set<IndexRow> {
        var rows: Set<IndexRow> = []
        for name in names {
            for word in SearchText.words(name) { rows.insert(IndexRow(field: .name, value: word)) }
        }
        if let birthDate { rows.insert(IndexRow(field: .birthDate, value: birthDate)) }
        for identifier in identifiers {
            rows.insert(
                IndexRow(
                    field: .identifier,
                    value: "\(identifier.system)|\(SearchText.compact(identifier.value))"
                )
            )
        }
        for phone in phones {
            rows.insert(IndexRow(field: .phone, value: SearchText.compact(phone)))
        }
        return rows
    }

    var json: JSONValue {
        .object(found + later)
    }

    /// Only where there is something to say, so that older entries keep their one text.
    private var later: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if !confidentialAddress.isEmpty {
            members.append(.init("confidentialAddress", .strings(confidentialAddress)))
        }
        if isDeceased { members.append(.init("deceased", true)) }
        if !representatives.isEmpty {
            members.append(.init("representatives", .array(representatives.map(\.json))))
        }
        return members
    }

    private var found: [JSONValue.Member] {
        let document: JSONValue = [
            "names": .strings(names),
            "birthDate": birthDate.map { .string($0) } ?? .null,
            "identifiers": .array(
                identifiers.map { ["system": .string($0.system), "value": .string($0.value)] }
            ),
            "phones": .strings(phones),
            "address": .strings(address),
            "language": language.map { .string($0) } ?? .null,
            "residence": residence.map { .string($0) } ?? .null,
        ]
        return document.object ?? []
    }

    init?(json: JSONValue) {
        guard let names = json["names"]?.texts, let phones = json["phones"]?.texts,
            let address = json["address"]?.texts,
            let identifiers = json["identifiers"]?.array
        else { return nil }
        self.names = names
        self.phones = phones
        self.address = address
        birthDate = json["birthDate"]?.string
        language = json["language"]?.string
        residence = json["residence"]?.string
        confidentialAddress = json["confidentialAddress"]?.texts ?? []
        isDeceased = json["deceased"]?.bool ?? false
        for person in json["representatives"]?.array ?? [] {
            guard let representative = Representative(json: person) else { return nil }
            representatives.append(representative)
        }
        for item in identifiers {
            guard let system = item["system"]?.string, let value = item["value"]?.string
            else { return nil }
            self.identifiers.append(Identifier(system: system, value: value))
        }
    }
}
