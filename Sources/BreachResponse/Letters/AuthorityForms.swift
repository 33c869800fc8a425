public import VaultCore

/// What authorities ask for, filled in as far as the case knows it; a person completes and files it.
///
/// Every field of the form is there. What nobody knows is `null` and its name stands in `open`, so that
/// a gap is seen before a clerk at the authority sees it. Nothing is sent.
public struct AuthorityForms: Sendable {
    /// `{forms: [{form, authority, rule, due, phase, fields, open, unverified}]}`.
    public let document: JSONValue

    /// Fills the forms of every authority that must be told.
    ///
    /// - Parameters:
    ///   - incident: The case.
    ///   - facts: The facts of the clocks.
    ///   - answer: What the clocks found.
    ///   - scope: The certificate's document.
    ///   - sender: Who notifies.
    ///   - contact: Where to ask.
    public init(
        incident: Incident,
        facts: JSONValue,
        answer: BreachClocksAnswer,
        scope: JSONValue,
        sender: String,
        contact: String
    ) {
        let known = FormCase(
            incident: incident,
            facts: facts,
            answer: answer,
            scope: scope,
            sender: sender,
            contact: contact
        )
        var forms: [JSONValue] = []
        for deadline in answer.deadlines
        where deadline.isRequired && deadline.rule.recipient == .authority {
            let form = Self.form(for: deadline.rule.id)
            let fields = form.fields(known, deadline)
            let open = fields.filter { $0.value == .null }.map(\.key)
            forms.append([
                "form": .string(form.name),
                "authority": deadline.authority.map { .string($0) } ?? .null,
                "rule": .string(deadline.rule.id), "jurisdiction": .string(deadline.jurisdiction),
                "due": deadline.due.map { .string($0.rfc3339) } ?? .null,
                "drill": .bool(incident.isDrill), "fields": .object(fields),
                "open": .strings(open),
                "unverified": .bool(
                    deadline.rule.isUnverified || !deadline.rule.unverifiedParts.isEmpty
                ),
            ])
        }
        document = ["incident": .string(incident.id), "forms": .array(forms)]
    }

    private static func form(for rule: String) -> AuthorityForm {
        switch rule {
        case _ where rule.hasPrefix("hipaa-") || rule.hasPrefix("part2-"): .hhs
        case _ where rule.hasPrefix("gdpr-") || rule.hasPrefix("uk-"): .gdpr
        case _ where rule.hasPrefix("kr-"): .korea
        case _ where rule.hasPrefix("my-"): .malaysia
        case "in-cert-in": .certIn
        case _ where rule.hasPrefix("in-"): .india
        default: .general
        }
    }
}

/// What the forms take from a case.
struct FormCase {
    let incident: Incident
    let facts: JSONValue
    let answer: BreachClocksAnswer
    let scope: JSONValue
    let sender: String
    let contact: String

    func event(_ name: String) -> JSONValue { facts["events"]?[name] ?? .null }

    /// The newest record's artefact of this name.
    func said(_ name: String) -> JSONValue {
        incident.records.reversed().lazy.compactMap { $0["artefacts"]?[name] }.first ?? .null
    }

    var window: JSONValue { scope["query"]?["window"] ?? .null }

    private func count(_ set: String) -> Int64 { scope["sets"]?[set]?["count"]?.int ?? 0 }

    var accessed: Int64 { count("accessed") }
    var affected: Int64 { accessed + count("couldHave") }

    var kinds: JSONValue { said("dataKinds") }

    var happened: JSONValue {
        let kind = scope["query"]?["suspicion"]?["kind"]?.string ?? ""
        return said("description") != .null ? said("description") : Self.words[kind] ?? .null
    }

    /// The kind of breach in the words of the HHS portal.
    var type: JSONValue {
        switch facts["trigger"]?.string {
        case "theft": "Theft"
        case "loss": "Loss"
        default:
            switch scope["query"]?["suspicion"]?["kind"]?.string {
            case "server", "guard-host", "root-key", "patient-keys": "Hacking/IT Incident"
            case "lost-backup": "Loss"
            case "device": "Theft"
            default: "Unauthorized Access/Disclosure"
            }
        }
    }

    /// Where the data were, in the words of the HHS portal.
    var location: JSONValue {
        switch scope["query"]?["suspicion"]?["kind"]?.string {
        case "device": "Laptop"
        case "server", "guard-host": "Network Server"
        case "lost-backup": "Other Portable Electronic Device"
        default: "Electronic Medical Record"
        }
    }

    var actions: JSONValue { said("actions") }

    /// Whether telling comes later than the clock allowed; then the reasons are due too.
    func isLate(_ deadline: BreachDeadline) -> Bool {
        guard let due = deadline.due, let last = incident.lastTime else { return false }
        return last > due.instant
    }

    private static let words: [String: JSONValue] = [
        "principal": "a person with access opened records without a reason in their work",
        "device": "a device with access to records came into other hands",
        "session": "a session was used by somebody else",
        "server": "a record server was broken into",
        "guard-host": "the host that holds the keys was broken into",
        "organization": "an organization used its access in a way that was not permitted",
        "patient-keys": "keys of some patients became known",
        "root-key": "the root key became known",
        "lost-backup": "a backup was lost",
    ]
}
