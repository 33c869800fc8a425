public import FHIRModel

/// Reads from a FHIR resource what can decide a request; a resource that decides nothing gives nothing.
public enum FactExtractor {
    /// The facts a resource states.
    ///
    /// - Parameters:
    ///   - resource: A whole resource.
    ///   - isPart2Source: Whether its source is a 42 CFR Part 2 program (import option `--part2`).
    /// - Returns: Empty for most resources; more than one where a resource contains others that decide.
    public static func facts(of resource: JSONNode, isPart2Source: Bool = false) -> [Fact] {
        switch resource.text("resourceType") {
        case "Patient": [patient(resource)]
        case "RelatedPerson": [relatedPerson(resource)]
        case "Practitioner": [practitioner(resource)]
        case "PractitionerRole": [practitionerRole(resource)]
        case "Organization": [organization(resource, isPart2Source: isPart2Source)]
        case "CareTeam": [careTeam(resource)]
        case "Group": [group(resource)]
        case "Encounter": [encounter(resource)]
        case "ServiceRequest", "MedicationRequest", "DeviceRequest", "NutritionOrder",
            "VisionPrescription":
            [order(resource)]
        case "Appointment": [appointment(resource)]
        case "Coverage": [coverage(resource)]
        case "CoverageEligibilityRequest", "CoverageEligibilityResponse": [eligibility(resource)]
        case "Claim", "ClaimResponse", "ExplanationOfBenefit": [claim(resource)]
        case "Consent": [consent(resource)]
        default: []
        }
    }

    static func parties(
        _ nodes: [JSONNode],
        _ role: Party.Role,
        period: FactPeriod = .always
    ) -> [Party] {
        nodes.compactMap { node in
            ReadReference(node).map {
                Party(
                    role: role,
                    reference: $0.reference,
                    identifier: $0.identifier,
                    display: $0.display,
                    period: period
                )
            }
        }
    }

    private static func patient(_ node: JSONNode) -> Fact {
        var fact = Fact(.patient)
        fact.isActive = node.member(named: "active")?.boolean ?? true
        fact.identifiers = node.identifierKeys
        fact.birthDate = node.text("birthDate")
        if let when = node.text("deceasedDateTime") {
            fact.deceased = when
        } else if node.member(named: "deceasedBoolean")?.boolean == true {
            fact.deceased = "true"
        }
        fact.parties =
            parties(node.list("generalPractitioner"), .generalPractitioner)
            + parties(node.list("managingOrganization"), .organization)
        let homes = node.list("address").filter { $0.text("use") != "old" }
        fact.country = homes.lazy.compactMap { $0.text("country") }.first
        let preferred = node.list("communication")
        let chosen = preferred.first { $0.member(named: "preferred")?.boolean == true }
        fact.language = (chosen ?? preferred.first)?.codings("language").first?.code
        return fact
    }

    private static func relatedPerson(_ node: JSONNode) -> Fact {
        var fact = Fact(.relatedPerson)
        fact.isActive = node.member(named: "active")?.boolean ?? true
        fact.identifiers = node.identifierKeys
        fact.codes = node.codings("relationship")
        fact.period = node.period("period")
        return fact
    }

    private static func practitioner(_ node: JSONNode) -> Fact {
        var fact = Fact(.practitioner)
        fact.isActive = node.member(named: "active")?.boolean ?? true
        fact.identifiers = node.identifierKeys
        return fact
    }

    private static func practitionerRole(_ node: JSONNode) -> Fact {
        var fact = Fact(.practitionerRole)
        fact.isActive = node.member(named: "active")?.boolean ?? true
        fact.identifiers = node.identifierKeys
        fact.period = node.period("period")
        fact.parties =
            parties(node.list("practitioner"), .practitioner)
            + parties(node.list("organization"), .organization)
        return fact
    }

    private static func organization(_ node: JSONNode, isPart2Source: Bool) -> Fact {
        var fact = Fact(.organization)
        fact.isActive = node.member(named: "active")?.boolean ?? true
        fact.identifiers = node.identifierKeys
        fact.names =
            ([node.text("name")].compactMap { $0 }
                + node.list("alias").compactMap(\.string))
        let marks = node.member(named: "meta")?.codings("security") ?? []
        if isPart2Source || (marks + node.codings("type")).contains(Fact.part2Program) {
            fact.codes = [Fact.part2Program]
        }
        return fact
    }

    private static func careTeam(_ node: JSONNode) -> Fact {
        var fact = Fact(.careTeam)
        fact.isActive = !["inactive", "entered-in-error", "proposed", "suspended"]
            .contains(node.text("status") ?? "active")
        fact.period = node.period("period")
        for participant in node.list("participant") {
            let period = participant.period("period")
            fact.parties += parties(participant.list("member"), .participant, period: period)
        }
        fact.parties += parties(node.list("managingOrganization"), .organization)
        return fact
    }

    private static func group(_ node: JSONNode) -> Fact {
        var fact = Fact(.group)
        fact.isActive = node.member(named: "active")?.boolean ?? true
        fact.identifiers = node.identifierKeys
        for member in node.list("member")
        where member.member(named: "inactive")?.boolean != true {
            let period = member.period("period")
            fact.parties += parties(member.list("entity"), .participant, period: period)
        }
        return fact
    }

    private static func encounter(_ node: JSONNode) -> Fact {
        var fact = Fact(.encounter)
        fact.isActive = !["entered-in-error", "cancelled"].contains(node.text("status") ?? "")
        fact.period = node.period("period")
        fact.codes = node.codings("class")
        fact.parties = node.list("participant").flatMap {
            parties($0.list("individual"), .participant)
        }
        fact.parties += parties(node.list("serviceProvider"), .organization)
        fact.links = links(node, ["episodeOfCare", "partOf", "basedOn", "appointment", "account"])
        fact.links += node.list("diagnosis").flatMap { links($0, ["condition"]) }
        return fact
    }

    private static func order(_ node: JSONNode) -> Fact {
        var fact = Fact(.order)
        fact.isActive = !["entered-in-error", "draft", "revoked", "cancelled"]
            .contains(node.text("status") ?? "")
        fact.parties =
            parties(node.list("requester"), .requester)
            + parties(node.list("orderer"), .requester)
            + parties(node.list("prescriber"), .requester)
            + parties(node.list("performer"), .performer)
        fact.period = FactPeriod(start: node.text("authoredOn"))
        return fact
    }

    private static func appointment(_ node: JSONNode) -> Fact {
        var fact = Fact(.appointment)
        fact.isActive = !["entered-in-error", "cancelled", "proposed"]
            .contains(node.text("status") ?? "")
        fact.parties = node.list("participant").flatMap {
            parties($0.list("actor"), .participant)
        }
        fact.period = FactPeriod(start: node.text("start"), end: node.text("end"))
        return fact
    }

    /// The original text, so that the directive is read again by whatever build decides with it.
    private static func consent(_ node: JSONNode) -> Fact {
        var fact = Fact(.consent)
        fact.source = node.withBytes { String(decoding: $0, as: UTF8.self) }
        return fact
    }

    static func links(_ node: JSONNode, _ keys: [String]) -> [String] {
        var found: [String] = []
        for key in keys {
            guard let member = node.member(named: key) else { continue }
            for target in member.list {
                guard let reference = ReadReference(target) else { continue }
                if let text = reference.reference { found.append(text) }
                if let identifier = reference.identifier { found.append(identifier) }
            }
        }
        return found
    }
}
