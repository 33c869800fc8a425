import Consent
import FHIRModel
import Foundation
import VaultCore

/// One request of the peers, translated.
struct PeerLine {
    let user: String
    let role: String
    let organization: String
    let careTeam: [String]
    let isAllowed: Bool
    private let action: String
    private let resource: [String: Any]
    private let consent: [String: Any]
    private let context: [String: Any]

    init(_ object: [String: Any]) throws {
        guard let principal = object["principal"] as? [String: Any],
            let user = principal["id"] as? String, let role = principal["role"] as? String,
            let organization = principal["org"] as? String,
            let careTeam = principal["careTeam"] as? [String],
            let action = object["action"] as? String,
            let resource = object["resource"] as? [String: Any],
            let consent = object["consent"] as? [String: Any],
            let context = object["context"] as? [String: Any], let want = object["want"] as? Bool
        else { throw PolicyBenchmark.Failure.unreadable("a request") }
        self.user = user
        self.role = role
        self.organization = organization
        self.careTeam = careTeam
        self.action = action
        self.resource = resource
        self.consent = consent
        self.context = context
        isAllowed = want
    }

    private var patient: String { resource["patient"] as? String ?? "" }

    /// The FHIR resource that a user is.
    var reference: String { Self.reference(role, user) }

    private static func reference(_ role: String, _ user: String) -> String {
        switch role {
        case "patient": "Patient/\(user)"
        case "representative": "RelatedPerson/\(user)"
        default: "Practitioner/\(user)"
        }
    }

    private var kind: RequesterKind {
        switch role {
        case "patient": .patient
        case "representative": .family
        case "billing": .businessAssociate
        case "researcher": .researcher
        case "admin": .administrator
        default: .clinician
        }
    }

    var request: AccessRequest {
        let purpose = context["purpose"] as? String ?? ""
        var roles = [role, context["mfa"] as? Bool == true ? "mfa" : "no-mfa"]
        if action == "export" { roles.append("exporting") }
        let id = RecordID(type: "Patient", id: FHIRID(patient) ?? Self.nobody)
        return AccessRequest(
            requester: Requester(
                kind: kind,
                references: [reference],
                organization: .reference("Organization/\(organization)"),
                roles: roles
            ),
            patient: id,
            purposes: [purpose],
            action: action == "write" ? .write : .read,
            now: Instant(seconds: 1_790_000_000),
            breakGlass: context["emergency"] as? Bool == true
                ? EmergencyOverride(reason: "unconscious") : nil
        )
    }

    private static let nobody: FHIRID = {
        guard let id = FHIRID("nobody") else { preconditionFailure("a literal id") }
        return id
    }()

    private static let labels: [String: SensitivityLabel] = [
        "PSY": .mentalHealth, "HIV": .hiv, "SUD": .substanceUse, "ETH": .violence,
        "SEX": .sexualReproductive, "R": .disability, "V": .genetics,
    ]

    var record: RecordAttributes {
        let type = resource["category"] as? String ?? ""
        let owner = resource["org"] as? String ?? ""
        let detail = RecordDetail(
            resourceType: type,
            id: RecordID("\(type)/\(resource["id"] as? String ?? "")"),
            authors: ["Organization/\(owner)"]
        )
        let labels = (resource["labels"] as? [String] ?? []).compactMap { Self.labels[$0] }
        return RecordAttributes(category: .other, labels: LabelSet(labels), detail: detail)
    }

    /// What is known of the patient: who treats and represents them, and what they directed.
    func facts(_ users: [String: PeerLine]) throws -> PatientFacts {
        let team = users.values.filter { $0.careTeam.contains(patient) }.map(\.reference).sorted()
        var texts: [(String, [String: Any])] = [
            (
                "Patient/\(patient)",
                [
                    "resourceType": "Patient", "id": patient,
                    "generalPractitioner": team.map { ["reference": $0] },
                ]
            )
        ]
        for user in consent["representatives"] as? [String] ?? [] {
            texts.append(
                (
                    "RelatedPerson/\(user)",
                    ["resourceType": "RelatedPerson", "id": user]
                )
            )
        }
        for (number, provision) in provisions(users).enumerated() {
            let id = "c\(number)"
            texts.append(("Consent/\(id)", Self.consent(id, patient, provision)))
        }
        return PatientFacts(
            try texts.map { id, object in
                let data = try JSONSerialization.data(withJSONObject: object)
                return try Facts.entry(id, String(decoding: data, as: UTF8.self))
            }
        )
    }

    private func references(_ users: [String: PeerLine], _ role: String) -> [String] {
        users.values.filter { $0.role == role }.map(\.reference).sorted()
    }

    private func provisions(_ users: [String: PeerLine]) -> [[String: Any]] {
        let permitted = consent["permitLabels"] as? [String] ?? []
        let all = ["TREAT", "PATRQT", "HPAYMT", "HRESCH"]
        var found: [[String: Any]] = []
        let team = users.values.filter { $0.role == "clinician" && $0.careTeam.contains(patient) }
        if !permitted.isEmpty, !team.isEmpty {
            found.append(
                Self.provision(
                    "permit",
                    purposes: ["TREAT"],
                    actors: team.map(\.reference).sorted(),
                    labels: permitted
                )
            )
        }
        let denied = consent["denyActors"] as? [String] ?? []
        if !denied.isEmpty {
            let actors = denied.map { users[$0]?.reference ?? "Practitioner/\($0)" }
            found.append(Self.provision("deny", purposes: all, actors: actors))
        }
        let types = consent["denyCategories"] as? [String] ?? []
        if !types.isEmpty {
            found.append(Self.provision("deny", purposes: all, types: types))
        }
        let pharmacists = references(users, "pharmacist")
        if !permitted.contains("SUD"), !pharmacists.isEmpty {
            found.append(
                Self.provision("deny", purposes: ["TREAT"], actors: pharmacists, labels: ["SUD"])
            )
        }
        let researchers = references(users, "researcher")
        if consent["researchOptIn"] as? Bool == true, !researchers.isEmpty {
            var permit = Self.provision("permit", purposes: ["HRESCH"], actors: researchers)
            permit["provision"] = [
                Self.provision(
                    "deny",
                    purposes: ["HRESCH"],
                    labels: ["PSY", "HIV", "SUD", "ETH", "SEX"]
                )
            ]
            found.append(permit)
        }
        return found
    }

    private static func provision(
        _ type: String,
        purposes: [String],
        actors: [String] = [],
        labels: [String] = [],
        types: [String] = []
    ) -> [String: Any] {
        var provision: [String: Any] = ["type": type]
        provision["purpose"] = purposes.map { ["system": CodeSystem.actReason, "code": $0] }
        if type == "permit" {
            provision["action"] = [
                ["coding": [["system": CodeSystem.consentAction, "code": "access"]]]
            ]
        }
        if !actors.isEmpty {
            provision["actor"] = actors.map {
                ["role": [String: Any](), "reference": ["reference": $0]] as [String: Any]
            }
        }
        if !labels.isEmpty {
            provision["securityLabel"] = labels.compactMap { Self.labels[$0] }.map {
                ["system": CodeSystem.sensitivityLabel, "code": $0.rawValue]
            }
        }
        if !types.isEmpty {
            provision["class"] = types.map { ["system": CodeSystem.resourceTypes, "code": $0] }
        }
        return provision
    }

    private static func consent(
        _ id: String,
        _ patient: String,
        _ provision: [String: Any]
    ) -> [String: Any] {
        [
            "resourceType": "Consent", "id": id, "status": "active",
            "scope": [
                "coding": [["system": CodeSystem.consentScope, "code": "patient-privacy"]]
            ],
            "patient": ["reference": "Patient/\(patient)"],
            // A root without a type says nothing itself; a typed one would close the rules for the rest.
            "provision": ["provision": [provision]],
        ]
    }
}
