import Consent
import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

struct FactTests {
    static func entry(_ text: String, version: Int64 = 1) throws -> PatientFacts.Entry {
        var parser = JSONParser()
        let root = try parser.parse(Array(text.utf8)).root
        let type = root["resourceType"]?.string ?? ""
        let id = try #require(FHIRID(root["id"]?.string ?? ""))
        return PatientFacts.Entry(
            origin: RecordID(type: type, id: id),
            version: version,
            facts: FactExtractor.facts(of: root)
        )
    }

    @Test func `a newer version replaces a record's facts and an older one does not`() throws {
        let old = try Self.entry(
            #"{"resourceType":"RelatedPerson","id":"r","active":true}"#,
            version: 1
        )
        let new = try Self.entry(
            #"{"resourceType":"RelatedPerson","id":"r","active":false}"#,
            version: 2
        )
        for order in [[old, new], [new, old]] {
            let facts = PatientFacts(order)
            #expect(facts.entries.count == 1)
            #expect(facts.entries.first?.facts.first?.isActive == false)
        }
        var facts = PatientFacts([old])
        facts.remove(old.origin)
        #expect(facts.isEmpty)
    }

    @Test func `what is unknown or out of place in encoded facts refuses them all`() {
        let good = """
            [{"record":"Patient/p","version":1,"facts":[{"kind":"patient","birthDate":"2000"}]}]
            """
        #expect(JSONValue(parsing: good).flatMap { PatientFacts(encoded: $0) } != nil)
        for (old, new) in [
            ("\"patient\"", "\"alien\""), ("birthDate", "birthday"), ("Patient/p", "p"),
            ("\"version\":1", "\"version\":\"1\""), ("\"2000\"", "2000"),
        ] {
            let bad = good.replacing(old, with: new)
            #expect(JSONValue(parsing: bad).flatMap { PatientFacts(encoded: $0) } == nil, "\(new)")
        }
    }

    @Test func `names in a care team hold for the time of the team and of the member`() throws {
        let team = try Self.entry(
            """
            {"resourceType":"CareTeam","id":"t","status":"active","period":{"end":"2025-12-31"},
             "participant":[{"member":{"reference":"Practitioner/a"}}]}
            """
        )
        let patient = RecordID(type: "Patient", id: team.origin.id)
        for (now, isPermitted) in [("2025-12-31T12:00:00Z", true), ("2026-01-01T12:00:00Z", false)]
        {
            let request = AccessRequest(
                requester: Requester(kind: .clinician, references: ["Practitioner/a"]),
                patient: patient,
                purposes: ["TREAT"],
                now: try #require(Instant(rfc3339: now))
            )
            let context = DecisionContext(
                request: request,
                facts: PatientFacts([team]),
                policies: Shipped.policies
            )
            #expect((context.decision().effect == .permit) == isPermitted, "\(now)")
        }
    }

    @Test(.enabled(if: SharedData.isExpected))
    func `facts of every real record come back from their encoding`() throws {
        var facts = PatientFacts()
        var kinds: [FactKind: Int] = [:]
        for folder in ["smart", "hiv"] {
            for url in try SharedData.files(below: "synthea/dev/\(folder)", suffix: ".json")
                .prefix(4)
            {
                var parser = JSONParser()
                let document = try parser.parse(Array(try Data(contentsOf: url)))
                for entry in document.root["entry"].map({ Array($0.elements) }) ?? [] {
                    guard let node = entry["resource"], let id = FHIRID(node["id"]?.string ?? "")
                    else { continue }
                    let found = FactExtractor.facts(of: node)
                    for fact in found { kinds[fact.kind, default: 0] += 1 }
                    let origin = RecordID(type: node["resourceType"]?.string ?? "", id: id)
                    facts.merge(PatientFacts.Entry(origin: origin, version: 1, facts: found))
                }
            }
        }
        let text = facts.encoded.bytes
        let back = JSONValue(parsing: text).flatMap { PatientFacts(encoded: $0) }
        #expect(back == facts)
        #expect(back?.encoded.bytes == text)
        #expect(facts.text == text)
        for kind in [FactKind.patient, .encounter, .claim] {
            #expect(kinds[kind, default: 0] > 0, "\(kind)")
        }
    }
}
