internal import BreachResponse
internal import Guard
internal import MerkleLog
internal import VaultCore

/// Decides to whom a letter goes, in which language and with what, and writes it with its ledger line.
struct LetterWriter {
    let order: LetterOrder
    let templates: LetterTemplates
    private let suspicion: String
    private let days: LetterFacts.Days
    private let today: CivilDate
    private let now: Instant

    /// Age from which a minor may control some care alone: a person must look before a parent is told.
    static let ageOfOwnCare = 12

    init(order: LetterOrder, templates: LetterTemplates, now: Instant) throws {
        self.order = order
        self.templates = templates
        self.now = now
        let query = try order.scope.certificate.document["query"]
        suspicion = query?["suspicion"]?["kind"]?.string ?? ""
        func day(_ name: String) -> String {
            String((query?["window"]?[name]?.string ?? "").prefix(10))
        }
        days = LetterFacts.Days(
            from: day("from"),
            until: day("to"),
            discovered: order.discovered
        )
        today = CivilDate(daysSince1970: now.microseconds.flooredQuotient(86_400_000_000))
    }

    /// Who gets a letter, where, in whose stead, and what is open about it.
    private struct Addressee {
        var name: String
        var address: [String]
        var stead = LetterFacts.Stead.none
        var open: [String] = []
    }

    func letter(
        _ number: Int,
        to found: Correspondent,
        about known: ScopeFile.Affected
    ) -> (letter: LetterQueue.Letter, line: JSONValue) {
        let identity = found.identity
        let wanted = identity?.language
        let template = templates.template(for: wanted)
        var addressee = addressee(identity)
        let deadlines = LetterElements.deadlines(
            for: identity?.residence,
            of: order.deadlines
        )
        let rules = deadlines.map(\.rule.id)
        var facts = LetterFacts(
            patient: identity?.names.first ?? "",
            addressee: addressee.name,
            address: addressee.address,
            stead: addressee.stead,
            suspicion: suspicion,
            days: days,
            isAccessed: known.isAccessed,
            categories: known.categories,
            sender: order.sender,
            contact: order.contact,
            date: today.description
        )
        facts.recipient = order.recipient
        order.elements?.add(rules, to: &facts)
        addressee.open += open(identity, template, facts, deadlines)
        facts.notes = notes(template, deadlines)
        let also = (order.elements?.languages(rules) ?? []).filter { $0 != template.language }
        var further = facts
        further.notes = []
        let texts =
            [template.letter(facts)] + also.map { templates.template(for: $0).letter(further) }
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        let letter = LetterQueue.Letter(name: "\(padded)-\(template.language)", texts: texts)
        return (letter, line(letter, known, found, template, addressee, deadlines))
    }

    /// A notice for press and home page.
    func notice(in language: String, about affected: [ScopeFile.Affected]) -> LetterText {
        var facts = LetterFacts(
            patient: "",
            addressee: "",
            address: [],
            suspicion: suspicion,
            days: days,
            isAccessed: false,
            categories: Set(affected.flatMap(\.categories)).sorted(),
            sender: order.sender,
            contact: order.contact,
            date: today.description
        )
        let template = templates.template(for: language)
        facts.notes = notes(template, [])
        return template.notice(facts)
    }

    // MARK: To whom

    private func addressee(_ identity: PatientIdentity?) -> Addressee {
        let name = identity?.names.first ?? ""
        guard let identity else { return Addressee(name: name, address: []) }
        let own =
            identity.confidentialAddress.isEmpty
            ? identity.address : identity.confidentialAddress
        let present = identity.representatives.filter { $0.holds(at: now) }
        if identity.isDeceased {
            let reachable = present.filter { !$0.address.isEmpty }
            guard let kin = reachable.first(where: \.actsForTheLate) ?? reachable.first else {
                return Addressee(name: name, address: [], stead: .late, open: ["representative"])
            }
            return Addressee(name: kin.name, address: kin.address, stead: .late)
        }
        guard let age = age(of: identity), age < AgeOfMajority.years(in: identity.residence) else {
            return Addressee(name: name, address: own)
        }
        // A parent must not learn from the envelope what the minor alone decides on.
        let open = age >= Self.ageOfOwnCare ? ["minor-controls"] : []
        guard let guardian = present.first(where: \.isGuardian) else {
            return Addressee(
                name: "",
                address: own,
                stead: .minor,
                open: open + ["representative"]
            )
        }
        return Addressee(
            name: guardian.name,
            address: guardian.address.isEmpty ? own : guardian.address,
            stead: .minor,
            open: open
        )
    }

    private func age(of identity: PatientIdentity) -> Int? {
        guard let birth = identity.birthDate.flatMap({ PartialDate($0) })?.date else { return nil }
        let hadBirthday = (today.month, today.day) >= (birth.month, birth.day)
        return today.year - birth.year - (hadBirthday ? 0 : 1)
    }

    // MARK: What is open

    private func open(
        _ identity: PatientIdentity?,
        _ template: LetterTemplate,
        _ facts: LetterFacts,
        _ deadlines: [BreachDeadline]
    ) -> [String] {
        var open: [String] = []
        if identity?.names.first == nil { open.append("name") }
        if facts.address.isEmpty { open.append("address") }
        let wanted = LetterTemplates.primary(identity?.language)
        if wanted.isEmpty {
            open.append("language")
        } else if wanted != template.language {
            open.append("translation")
        }
        if template.reviewedBy == nil { open.append("review") }
        if facts.extras.contains("recipient"), facts.recipient == nil { open.append("recipient") }
        if deadlines.contains(where: Self.isUnverified) { open.append("unverified-law") }
        return open
    }

    private static func isUnverified(_ deadline: BreachDeadline) -> Bool {
        deadline.rule.isUnverified || !deadline.rule.unverifiedParts.isEmpty
    }

    /// What makes the letter a draft, for whoever holds it in their hands.
    private func notes(_ template: LetterTemplate, _ deadlines: [BreachDeadline]) -> [String] {
        var notes: [String] = []
        if template.reviewedBy == nil {
            notes.append("nobody has read and approved these words (\(template.language)) yet")
        }
        for deadline in deadlines where Self.isUnverified(deadline) {
            let parts =
                deadline.rule.isUnverified
                ? "the whole rule" : deadline.rule.unverifiedParts.joined(separator: ", ")
            notes.append("unverified: `\(deadline.rule.id)` (\(deadline.rule.law)): \(parts)")
        }
        return notes.isEmpty ? [] : ["DRAFT, not to be sent before a person has confirmed:"] + notes
    }

    private func line(
        _ letter: LetterQueue.Letter,
        _ known: ScopeFile.Affected,
        _ found: Correspondent,
        _ template: LetterTemplate,
        _ addressee: Addressee,
        _ deadlines: [BreachDeadline]
    ) -> JSONValue {
        let due = deadlines.compactMap(\.due).min { $0.instant < $1.instant }
        return [
            "letter": .string(letter.name), "patient": .string(known.patient.description),
            "reference": found.reference.map { .string($0) } ?? .null,
            "set": known.isAccessed ? "accessed" : "couldHave",
            "wanted": found.identity?.language.map { .string($0) } ?? .null,
            "language": .string(template.language),
            "alsoIn": .strings(letter.texts.dropFirst().map(\.language)),
            "residence": found.identity?.residence.map { .string($0) } ?? .null,
            "stead": .string(addressee.stead.rawValue), "channel": "post",
            "confidential": .bool(
                found.identity?.confidentialAddress.isEmpty == false
                    && addressee.address == found.identity?.confidentialAddress
            ), "rules": .strings(deadlines.map(\.rule.id)),
            "due": due.map { .string($0.rfc3339) } ?? .null,
            "digest": .string(TreeHasher.leafHash(Array(letter.plain.utf8)).description),
            "open": .strings(addressee.open), "sent": false,
        ]
    }
}
