public import VaultCore

extension PatientIdentity {
    /// Somebody who can stand in for the patient where a letter cannot go to the patient.
    public struct Representative: Sendable, Hashable {
        /// Name as written.
        public var name: String
        /// Lines of the postal address; empty where the record has none.
        public var address: [String]
        /// Codes of the relationship, HL7 v3 RoleCode or v2 table 0131: `MTH`, `GUARD`, `N`.
        public var relationships: [String]
        /// The RelatedPerson that says so; `nil` for a contact in the patient's own resource.
        public var source: RecordID?
        /// First day of the relation, a FHIR date or dateTime as written.
        public var start: String?
        /// Last day of the relation.
        public var end: String?
        /// Whether the record says that the relation is in use.
        public var isActive = true

        /// Describes a representative.
        ///
        /// - Parameters:
        ///   - name: As written.
        ///   - address: Lines of the postal address.
        ///   - relationships: Codes of the relationship.
        ///   - source: The RelatedPerson that says so.
        public init(
            name: String,
            address: [String],
            relationships: [String],
            source: RecordID? = nil
        ) {
            self.name = name
            self.address = address
            self.relationships = relationships
            self.source = source
        }

        /// Codes of parents, guardians and others who decide for a minor.
        private static let guardians: Set<String> = [
            "GUARD", "GUADLTM", "PRN", "MTH", "FTH", "NPRN", "NMTH", "NFTH", "ADOPTP", "ADOPTM",
            "ADOPTF", "PRNFOST", "MTHFOST", "FTHFOST", "RESPRSN", "POWATT", "DPOWATT", "HPOWATT",
            "SPOWATT",
        ]

        /// Whether somebody with this relationship gets a minor's letter.
        public var isGuardian: Bool { !Self.guardians.isDisjoint(with: relationships) }

        /// Whether somebody with this relationship acts for a person who has died: an executor, or who
        /// decided for them before.
        public var actsForTheLate: Bool { relationships.contains("EXCEST") || isGuardian }

        /// Whether the relation holds at a moment; one whose dates cannot be read does not.
        ///
        /// - Parameter moment: When the letter is written.
        /// - Returns: `false` before its first day, after its last, and where it is not in use.
        public func holds(at moment: Instant) -> Bool {
            guard isActive else { return false }
            if let start {
                guard let start = PartialDate(start), start.earliest <= moment else { return false }
            }
            if let end {
                guard let end = PartialDate(end), moment < end.end else { return false }
            }
            return true
        }
    }

    /// This identity with what RelatedPerson resources say: they stay where the patient's own resource comes
    /// anew, and each replaces what it said before.
    ///
    /// - Parameters:
    ///   - known: The identity so far.
    ///   - related: From RelatedPerson resources of this write.
    /// - Returns: The joined identity.
    func joined(with known: PatientIdentity?, related: [Representative]) -> PatientIdentity {
        var joined = self
        joined.representatives.removeAll { $0.source != nil }
        let kept = (known?.representatives ?? []).filter { $0.source != nil }
        var said: [RecordID: Representative] = [:]
        for person in kept + related { person.source.map { said[$0] = person } }
        // Whoever no longer stands in for the patient is not written down again.
        joined.representatives += said.values.filter(\.isActive).sorted {
            ($0.source?.description ?? "") < ($1.source?.description ?? "")
        }
        return joined
    }
}

extension PatientIdentity.Representative {
    /// Only where there is something to say, so that older entries keep their one text.
    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("name", .string(name)), .init("address", .strings(address)),
            .init("relationships", .strings(relationships)),
        ]
        if let source { members.append(.init("source", .string(source.description))) }
        if let start { members.append(.init("start", .string(start))) }
        if let end { members.append(.init("end", .string(end))) }
        if !isActive { members.append(.init("active", false)) }
        return .object(members)
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.string, let address = json["address"]?.texts,
            let relationships = json["relationships"]?.texts
        else { return nil }
        self.init(name: name, address: address, relationships: relationships)
        if let text = json["source"]?.string {
            guard let source = RecordID(text) else { return nil }
            self.source = source
        }
        start = json["start"]?.string
        end = json["end"]?.string
        isActive = json["active"]?.bool ?? true
    }
}
