internal import FHIRModel
internal import VaultCore

/// Reads one FHIR Consent; collects what is wrong instead of stopping at it.
struct ConsentReader {
    var problems: [String] = []
    var isMalformed = false

    mutating func malformed(_ what: String) {
        isMalformed = true
        problems.append(what)
    }

    mutating func directive(_ node: JSONNode) -> ConsentDirective {
        let id = node.text("id").map { "Consent/\($0)" } ?? "Consent/?"
        guard node.kind == .object, node.text("resourceType") == "Consent" else {
            malformed("not a Consent")
            return broken(id: id)
        }
        let isR5 = node.text("decision") != nil || node.member(named: "subject") != nil
        let (standing, scope) = self.standing(node)
        if standing == .absent { return absent(id: id, scope: scope) }
        refuseModifiers(node)
        if isR5, Self.onlyInR4.contains(where: { node.member(named: $0) != nil }) {
            malformed("elements of R4 and of R5 in one consent")
        }
        let patients = self.patients(node, isR5: isR5)
        let root = isR5 ? node : node.member(named: "provision")
        let bounds = self.bounds(root, "period")
        var tree = ProvisionReader(custodians: custodians(node))
        if isR5 { tree.readR5(node) } else { tree.readR4(node) }
        problems += tree.problems
        isMalformed = isMalformed || tree.isMalformed
        // A defective authorization is none (45 CFR 164.508(b)(2)): it permits nothing and forbids nothing.
        let lacking = isR5 ? [] : Authorization.missing(in: node)
        problems += lacking
        return ConsentDirective(
            id: id,
            standing: standing,
            scope: scope,
            patients: patients,
            bounds: bounds,
            custodians: tree.custodians,
            provisions: isMalformed || !lacking.isEmpty ? [] : tree.provisions,
            closesDefault: tree.closesDefault && !isR5 && lacking.isEmpty,
            problems: problems,
            isMalformed: isMalformed
        )
    }

    /// Elements of an R4 Consent that R5 does not have; beside those of R5 nobody can tell which is meant.
    private static let onlyInR4 = [
        "scope", "patient", "performer", "organization", "policy", "policyRule",
    ]

    /// `active` counts, the other statuses of R4 and R5 do not, and an unknown one is malformed.
    private mutating func standing(
        _ node: JSONNode
    ) -> (ConsentDirective.Standing, ConsentDirective.Scope) {
        switch node.text("status") {
        case "active": break
        case "draft", "proposed", "rejected", "inactive", "entered-in-error", "not-done",
            "unknown":
            return (.absent, .privacy)
        default: malformed("status is missing or unknown")
        }
        // R4 has `scope`; R5 and some R4 writers put the same code into `category`.
        let scopes = (node.codings("scope") + node.codings("category"))
            .filter { $0.system == CodeSystem.consentScope }.map(\.code)
        if scopes.contains("patient-privacy") { return (.active, .privacy) }
        if scopes.contains("research") { return (.active, .research) }
        if !scopes.isEmpty, scopes.allSatisfy({ $0 == "treatment" || $0 == "adr" }) {
            return (.absent, .privacy)
        }
        malformed(scopes.isEmpty ? "scope is missing" : "scope is unknown")
        return (.active, .privacy)
    }

    private mutating func refuseModifiers(_ node: JSONNode) {
        if !node.list("modifierExtension").isEmpty { malformed("a modifierExtension") }
        if node.member(named: "implicitRules") != nil { malformed("implicitRules") }
    }

    private mutating func patients(_ node: JSONNode, isR5: Bool) -> [String] {
        let found = node.list(isR5 ? "subject" : "patient")
        if found.count > 1 { malformed("more than one patient") }
        let keys = ReadReference(found.first)?.keys ?? []
        if keys.isEmpty { malformed("patient is missing") }
        return keys
    }

    private func custodians(_ node: JSONNode) -> [String] {
        (node.list("organization") + node.list("manager") + node.list("controller"))
            .flatMap { ReadReference($0)?.keys ?? [] }
    }

    private mutating func bounds(_ node: JSONNode?, _ key: String) -> TimeBounds? {
        guard let period = node?.member(named: key) else { return nil }
        guard period.kind == .object, period.hasOnlyTexts("start", "end"),
            let bounds = TimeBounds(start: period.text("start"), end: period.text("end"))
        else {
            malformed("a period that is no period or ends before it begins")
            return nil
        }
        return bounds
    }

    private func absent(id: String, scope: ConsentDirective.Scope) -> ConsentDirective {
        ConsentDirective(
            id: id,
            standing: .absent,
            scope: scope,
            patients: [],
            bounds: nil,
            custodians: [],
            provisions: [],
            closesDefault: false,
            problems: [],
            isMalformed: false
        )
    }

    private func broken(id: String) -> ConsentDirective {
        ConsentDirective(
            id: id,
            standing: .active,
            scope: .privacy,
            patients: [],
            bounds: nil,
            custodians: [],
            provisions: [],
            closesDefault: false,
            problems: problems,
            isMalformed: true
        )
    }
}

extension JSONNode {
    /// Whether the named members, where they are there, are texts.
    func hasOnlyTexts(_ keys: String...) -> Bool {
        keys.allSatisfy { member(named: $0).map { $0.kind == .string } ?? true }
    }
}
