internal import FHIRModel
internal import VaultCore

/// The words of the policy language: the parser accepts these keys and no other, and the published JSON
/// Schema is made from them, so the two cannot drift apart.
enum PolicyGrammar {
    /// What may stand under a key.
    enum Shape: Sendable {
        /// One text, not empty.
        case text
        /// A text or a list of texts.
        case texts
        /// One of some words.
        case word([String])
        /// Some words, or one of them.
        case words([String])
        /// A whole number from 0 to a limit.
        case number(Int)
        /// A day, `2025-12-31`.
        case day
        /// `true` or `false`.
        case flag
        /// Keys of their own.
        case keys([Key])
        /// A condition.
        case condition
        /// One condition or a list of them.
        case conditions
    }

    /// A key, and what it is for.
    struct Key: Sendable {
        let name: String
        let shape: Shape
        let about: String
        var isRequired = false

        init(_ name: String, _ shape: Shape, _ about: String, isRequired: Bool = false) {
            self.name = name
            self.shape = shape
            self.about = about
            self.isRequired = isRequired
        }
    }

    /// A rule under `rules`.
    static let rule: [Key] = [
        Key(
            "id",
            .text,
            "unique in the folder; the log and explanations name it",
            isRequired: true
        ),
        Key("title", .text, "plain words, shown to patients", isRequired: true),
        Key("legal_basis", .texts, "law or document, at least one", isRequired: true),
        Key("effect", .word(names(PolicyRule.RuleEffect.self)), "what it does", isRequired: true),
        Key("layer", .word(layers), "where it speaks; an obligation has none"),
        Key("valid_from", .day, "first day it holds, UTC"),
        Key("valid_to", .day, "last day it holds, UTC"),
        Key("jurisdiction", .texts, "ISO 3166-1 alpha-2 countries of the patient's residence"),
        Key("when", .condition, "when it applies; without it, always"),
        Key("unless", .conditions, "any one of these lifts the rule"),
        Key("obligations", .texts, "codes of `obligations` that go with it"),
    ]

    /// An obligation under `obligations`.
    static let obligation: [Key] = [
        Key("code", .text, "unique in the folder", isRequired: true),
        Key("legal_basis", .texts, "law or document"),
        Key("text", .text, "attached word for word"),
        Key("kind", .word(names(ObligationKind.self)), "what it asks"),
        Key("elements", .texts, "element paths to take out and mark, for `redact`"),
        Key("profile", .text, "name of a profile, for `minimum-necessary`"),
        Key("hours", .number(87_600), "until a review is due or a permission ends"),
    ]

    /// A condition; all of its keys must hold together.
    static let condition: [Key] = requester + patient + record

    private static let requester: [Key] = [
        Key("requester", .words(names(RequesterKind.self)), "kind of principal"),
        Key("role", .texts, "the principal has one of these roles"),
        Key("role_none", .texts, "the principal has none of these roles"),
        Key("relationship", .words(names(Relationship.self)), "how facts relate it to the patient"),
        Key("relationship_none", .words(names(Relationship.self)), "none of these relationships"),
        Key("organization", .texts, "reference or `SYS|VAL` of it or its organization"),
        Key("organization_none", .texts, "none of these"),
        Key(
            "purpose",
            .words(PurposeSet.codes.filter(PurposeSet.knows)),
            "v3 PurposeOfUse; a permit needs every purpose of the request in the list, a deny any"
        ),
        Key("action", .words(names(AccessAction.self)), "what is to be done"),
        Key("evidence", .words(names(Evidence.self)), "a document that the Guard verified"),
        Key("break_glass", .word(names(PolicyRule.BreakGlassState.self)), "emergency override"),
        Key("consent", .words(consentStates.map(\.0)), "what consents of the patient are in force"),
    ]

    private static let patient: [Key] = [
        Key("patient_age", .keys(age), "whole years; an unknown birth date meets none"),
        Key("patient_status", .word(["alive", "deceased"]), "whether the patient lives"),
    ]

    /// Bounds of an age.
    static let age: [Key] = [
        Key("from", .number(150), "this age or older"),
        Key("under", .number(150), "younger than this"),
    ]

    private static let record: [Key] = [
        Key("category", .words(names(DataCategory.self)), "data category"),
        Key("category_none", .words(names(DataCategory.self)), "none of these categories"),
        Key("type", .words(resourceTypes), "FHIR R4 resource type"),
        Key("type_none", .words(resourceTypes), "none of these types"),
        Key("label", .words(names(SensitivityLabel.self)), "has one of these sensitivity labels"),
        Key("label_none", .words(names(SensitivityLabel.self)), "has none of these labels"),
        Key("record", .words(marks.map(\.0)), "what facts say of the record"),
        Key("author", .words(authors.map(\.0)), "who wrote it"),
        Key("encounter", .words(encounters.map(\.0)), "which encounter it belongs to"),
        Key("data_time", .keys(dataTime), "when what it tells of happened"),
        Key("newer_than_days", .number(73_000), "short for `data_time: {newer_than_days: …}`"),
        Key(
            "consent_names_label",
            .word(names(PolicyRule.ConsentNaming.self)),
            "a consent in force permits this and names the labels under `label`"
        ),
    ]

    /// Bounds of a record's time.
    static let dataTime: [Key] = [
        Key("newer_than_days", .number(73_000), "began no longer ago"),
        Key("older_than_days", .number(73_000), "ended at least so long ago"),
        Key("from", .day, "first day"),
        Key("until", .day, "last day"),
    ]

    static let consentStates: [(String, PolicyRule.ConsentStates)] = [
        ("none", .none), ("in-force", .inForce), ("malformed", .malformed),
    ]

    static let marks: [(String, PolicyRule.Marks)] = [
        ("authored-by-requester", .author), ("claim-in-question", .claim),
        ("billed-by-claim", .billed), ("own-coverage", .coverage), ("self-paid", .selfPaid),
        ("minor-controlled", .minorControlled),
        ("outside-representation", .outsideRepresentation),
    ]

    static let authors: [(String, PolicyRule.Marks)] = [
        ("requester", .author), ("requester-organization", .authorOrganization),
        ("patient", .authorPatient),
    ]

    static let encounters: [(String, PolicyRule.Marks)] = [("requester", .ownEncounter)]

    private static let layers = Layer.allCases.filter { $0 != .defaultDeny }.map(\.rawValue)
    private static let resourceTypes = ResourceType.allCases.map(\.rawValue).sorted()

    private static func names<Value: CaseIterable & RawRepresentable<String>>(
        _: Value.Type
    ) -> [String] {
        Value.allCases.map(\.rawValue)
    }
}
