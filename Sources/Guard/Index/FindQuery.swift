public import VaultCore

/// One normalised value of one field.
struct IndexRow: Sendable, Hashable {
    /// The raw value is on disk.
    enum Field: UInt8, Sendable, Hashable {
        case name = 1
        case birthDate = 2
        case identifier = 3
        case phone = 4

        /// An identifier names one patient; its token keeps all bits.
        var isUnique: Bool { self == .identifier }
    }

    var field: Field
    var value: String
}

/// A question to the blind index.
public struct FindQuery: Sendable, Hashable {
    /// Words of a name, in any order; all must match.
    public var name: String?
    /// Birth date, exact to what is recorded.
    public var birthDate: String?
    /// Business identifier.
    public var identifier: (system: String, value: String)? {
        get { identifierSystem.flatMap { s in identifierValue.map { (s, $0) } } }
        set {
            identifierSystem = newValue?.system
            identifierValue = newValue?.value
        }
    }

    private var identifierSystem: String?
    private var identifierValue: String?

    /// Where the call came from.
    public var context = CallContext()

    /// Asks for patients.
    ///
    /// - Parameters:
    ///   - name: Words of a name.
    ///   - birthDate: ISO 8601 day.
    public init(name: String? = nil, birthDate: String? = nil) {
        self.name = name
        self.birthDate = birthDate
    }

    /// The one text of this question; the log keeps only which fields were asked.
    public var json: JSONValue {
        [
            "kind": "find",
            "name": name.map { .string($0) } ?? .null,
            "birthDate": birthDate.map { .string($0) } ?? .null,
            "system": identifierSystem.map { .string($0) } ?? .null,
            "value": identifierValue.map { .string($0) } ?? .null,
        ]
    }

    /// Which fields were asked, for the log.
    var askedFields: [String] {
        var fields: [String] = []
        if name != nil { fields.append("name") }
        if birthDate != nil { fields.append("birthDate") }
        if identifier != nil { fields.append("identifier") }
        return fields
    }

    /// The index rows that must all hit.
    var rows: Set<IndexRow> {
        var fields = PatientIdentity()
        if let name { fields.names = [name] }
        fields.birthDate = birthDate
        if let identifier {
            fields.identifiers = [.init(system: identifier.system, value: identifier.value)]
        }
        return fields.rows
    }
}
