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
        [
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
        for item in identifiers {
            guard let system = item["system"]?.string, let value = item["value"]?.string
            else { return nil }
            self.identifiers.append(Identifier(system: system, value: value))
        }
    }
}
