import Consent
import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

/// Real claims: a health plan gets the claim in question and what it bills, never a note or a result.
struct SyntheaPlanTests {
    @Test(.enabled(if: SharedData.isExpected))
    func `a plan gets only its claims and what they bill on real records`() throws {
        var released: [String: Int] = [:]
        var wrong: [String] = []
        var claims = 0
        for url in try SharedData.files(below: "synthea/dev/smart", suffix: ".json").prefix(5) {
            var parser = JSONParser()
            let document = try parser.parse(Array(try Data(contentsOf: url)))
            let nodes =
                document.root["entry"].map { $0.elements.compactMap { $0["resource"] } } ?? []
            var facts = PatientFacts()
            var records: [RecordAttributes] = []
            var payers: [RecordID: Set<String>] = [:]
            for node in nodes {
                let detail = RecordReader.detail(of: node)
                guard let id = detail.id, let type = ResourceType(rawValue: detail.resourceType)
                else { continue }
                // Within the file records refer to each other by urn:uuid; a vault makes them literal.
                let found = FactExtractor.facts(of: node).map { fact in
                    var fact = fact
                    fact.links = fact.links.map { Self.literal($0, nodes) }
                    return fact
                }
                facts.merge(PatientFacts.Entry(origin: id, version: 1, facts: found))
                for fact in found where fact.kind == .claim {
                    payers[id] = Set(
                        fact.parties.filter { $0.role == .payer }.compactMap(\.display)
                    )
                }
                records.append(
                    RecordAttributes(
                        category: DataCategory(type) ?? .other,
                        labels: .none,
                        detail: detail
                    )
                )
            }
            guard let patient = facts.entries.first(where: { $0.origin.type == "Patient" }) else {
                continue
            }
            for (claim, names) in payers where claim.type == "Claim" {
                guard let name = names.first else { continue }
                claims += 1
                var request = AccessRequest(
                    requester: Requester(
                        kind: .insurer,
                        organization: .name(name),
                        principal: PrincipalID("plan")
                    ),
                    patient: patient.origin,
                    purposes: ["HPAYMT"],
                    now: Instant(seconds: 1_790_000_000)
                )
                request.claim = .one(claim)
                let context = DecisionContext(
                    request: request,
                    facts: facts,
                    policies: Shipped.policies
                )
                for record in records where context.verdict(for: record).isPermitted {
                    let type = record.detail?.resourceType ?? ""
                    released[type, default: 0] += 1
                    if ["Observation", "DiagnosticReport", "DocumentReference"].contains(type)
                        || name == "NO_INSURANCE"
                    {
                        wrong.append("\(name) got \(type)")
                    }
                }
            }
        }
        print("plan releases over \(claims) claims: \(released)")
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect(claims > 20)
        #expect(released["Claim", default: 0] > 10)
    }

    private static func literal(_ link: String, _ nodes: [JSONNode]) -> String {
        guard link.hasPrefix("urn:uuid:") else { return link }
        let id = String(link.dropFirst(9))
        let target = nodes.first { $0["id"]?.string == id }
        return target?["resourceType"]?.string.map { "\($0)/\(id)" } ?? link
    }
}
