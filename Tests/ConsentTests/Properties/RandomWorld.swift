import Consent
import FHIRModel
import Foundation
import VaultCore
import VaultTestSupport

/// A rule of a random consent in the plainest form; `nil` means "not said".
struct RandomRule {
    var permits = true
    var actor: String?
    var purposes: [String]?
    var labels: [String]?
    var type: String?
    var period: (from: Int, to: Int)?
    var author: String?
    var item: String?
    var nested: [RandomRule] = []

    /// With the criteria of the rule above, where it has none of its own.
    func inheriting(_ parent: RandomRule) -> RandomRule {
        var all = self
        all.actor = actor ?? parent.actor
        all.purposes = purposes ?? parent.purposes
        all.labels = labels ?? parent.labels
        all.type = type ?? parent.type
        all.period = period ?? parent.period
        if author == nil, item == nil {
            all.author = parent.author
            all.item = parent.item
        }
        return all
    }

    var json: [String: Any] {
        var rule: [String: Any] = ["type": permits ? "permit" : "deny"]
        if let actor {
            rule["actor"] = [["role": [String: Any](), "reference": ["reference": actor]]]
        }
        if let purposes {
            rule["purpose"] = purposes.map { code in
                let system = code == "NONSENSE" ? "http://example.org" : CodeSystem.actReason
                return ["system": system, "code": code]
            }
        }
        if let labels { rule["securityLabel"] = labels.map(Self.label) }
        if let type { rule["class"] = [["system": CodeSystem.resourceTypes, "code": type]] }
        if let period { rule["dataPeriod"] = ["start": "\(period.from)", "end": "\(period.to)"] }
        var data: [[String: Any]] = []
        if let author {
            data.append(["meaning": "authoredby", "reference": ["reference": author]])
        }
        if let item { data.append(["meaning": "instance", "reference": ["reference": item]]) }
        if !data.isEmpty { rule["data"] = data }
        if !nested.isEmpty { rule["provision"] = nested.map(\.json) }
        return rule
    }

    static func label(_ code: String) -> [String: String] {
        if ["N", "R", "V"].contains(code) {
            return ["system": CodeSystem.confidentiality, "code": code]
        }
        let isOurs = ["unclassified", "sud-counselling-notes"].contains(code)
        return ["system": isOurs ? CodeSystem.sensitivityLabel : CodeSystem.actCode, "code": code]
    }
}

/// A random consent.
struct RandomConsent {
    var isActive = true
    var isMalformed = false
    var root = RandomRule()

    func json(_ number: Int) -> [String: Any] {
        let scope = ["system": CodeSystem.consentScope, "code": "patient-privacy"]
        var object: [String: Any] = ["resourceType": "Consent", "id": "c\(number)"]
        object["status"] = isActive ? "active" : "inactive"
        object["scope"] = ["coding": [scope]]
        object["patient"] = ["reference": "Patient/p"]
        object["provision"] = isMalformed ? ["type": "maybe"] : root.json
        return object
    }
}

/// Everything that decides one random request, in the plainest form.
struct RandomWorld {
    var kind = RequesterKind.clinician
    var purposes = ["TREAT"]
    var action = AccessAction.read
    var breakGlass: String?
    var evidence: [Evidence] = []
    var isTreating = false
    var relation: String?
    var birthYear = 1970
    var isDeceased = false
    var country = "US"
    var consents: [RandomConsent] = []
    var selfPaid: [String] = []
    var isPart2Member = false
    var isInsured = true
    var roles: [String] = []
    /// What a document limits the requester to, as a representative.
    var scope: [DataCategory]?

    /// In whole years, on the day of the request.
    var age: Int { 2026 - birthYear }

    /// Who asks: a reference that fits the kind.
    var requester: String {
        switch kind {
        case .patient: "Patient/p"
        case .family: "RelatedPerson/r"
        case .insurer, .court, .lawEnforcement, .researcher, .integration: "Organization/r"
        default: "Practitioner/r"
        }
    }

    var request: AccessRequest {
        var request = AccessRequest(
            requester: Requester(
                kind: kind,
                references: [requester],
                organization: isPart2Member ? .reference("Organization/part2") : nil,
                roles: roles
            ),
            patient: RecordID(type: "Patient", id: Self.id("p")),
            purposes: purposes,
            action: action,
            now: Instant(seconds: 1_790_000_000),
            breakGlass: breakGlass.map { EmergencyOverride(reason: $0) }
        )
        request.claim = .all
        for item in evidence { request.evidence[item] = "document" }
        return request
    }

    static func id(_ text: String) -> FHIRID { FHIRID(text) ?? Self.id("x") }

    var facts: PatientFacts {
        var resources: [[String: Any]] = []
        let payer = isInsured ? "Organization/r" : "Organization/x"
        var patient: [String: Any] = [
            "resourceType": "Patient", "id": "p", "birthDate": "\(birthYear)-01-01",
            "address": [["country": country]],
        ]
        if isDeceased { patient["deceasedBoolean"] = true }
        if isTreating { patient["generalPractitioner"] = [["reference": requester]] }
        resources.append(patient)
        if let relation {
            resources.append([
                "resourceType": "RelatedPerson", "id": "r",
                "relationship": [["coding": [["system": CodeSystem.roleCode, "code": relation]]]],
            ])
        }
        resources.append([
            "resourceType": "Claim", "id": "k1", "status": "active",
            "insurer": ["reference": payer],
            "item": [["encounter": [["reference": "Encounter/e1"]]]],
        ])
        resources.append([
            "resourceType": "Coverage", "id": "v1", "status": "active",
            "payor": [["reference": payer]],
        ])
        resources.append([
            "resourceType": "Organization", "id": "part2",
            "meta": ["security": [RandomRule.label("42CFRPart2")]],
        ])
        for (number, consent) in consents.enumerated() { resources.append(consent.json(number)) }
        var facts = PatientFacts(resources.compactMap(Self.entry))
        if let scope {
            var fact = Fact(.evidence)
            fact.evidence = .representation
            fact.links = scope.map(\.rawValue)
            fact.parties = [Party(role: .holder, reference: requester)]
            let origin = RecordID(type: "Evidence", id: Self.id("d"))
            facts.merge(PatientFacts.Entry(origin: origin, version: 1, facts: [fact]))
        }
        if !selfPaid.isEmpty {
            var fact = Fact(.restriction)
            fact.restriction = .selfPaidItem
            fact.links = selfPaid
            let origin = RecordID(type: "Restriction", id: Self.id("s"))
            facts.merge(PatientFacts.Entry(origin: origin, version: 1, facts: [fact]))
        }
        return facts
    }

    static func entry(_ object: [String: Any]) -> PatientFacts.Entry? {
        guard let data = try? JSONSerialization.data(withJSONObject: object) else { return nil }
        var parser = JSONParser()
        guard let document = try? parser.parse(Array(data)),
            let type = object["resourceType"] as? String, let name = object["id"] as? String
        else { return nil }
        return PatientFacts.Entry(
            origin: RecordID(type: type, id: id(name)),
            version: 1,
            facts: FactExtractor.facts(of: document.root)
        )
    }
}
