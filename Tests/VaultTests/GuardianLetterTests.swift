import BreachResponse
import Consent
import FHIRModel
import Foundation
import Guard
import Testing
import VaultCore

@testable import Vault

/// A minor's letter goes to whom a RelatedPerson names with authority, now, and not against the patient's word.
struct GuardianLetterTests {
    private static func child(_ id: String, more: String = LetterAddressTests.home) -> String {
        LetterAddressTests.patient(id, "\"birthDate\":\"2019-01-01\",\(more)")
    }

    private static func related(
        _ id: String,
        to patient: String,
        _ role: String,
        _ more: String = ""
    ) -> String {
        """
        {"resource":{"resourceType":"RelatedPerson","id":"\(id)","patient":{"reference":"Patient/\(patient)"},
        "relationship":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode",
        "code":"\(role)"}]}],"name":[{"given":["Person"],"family":"\(id)"}],
        "address":[{"line":["5 Road of \(id)"],"city":"Drillton"}]\(more)}}
        """
    }

    /// First line of the address on the letter to each patient.
    private func addressees(
        _ ids: [String],
        _ prepare: (VaultCase) throws -> Void
    ) throws -> [String] {
        let queue = try LetterAddressTests.queue(to: ids, after: prepare)
        return try ids.map { id in
            try #require(queue["Patient/\(id)"]?.letter.texts.first).address.first ?? "nobody"
        }
    }

    private func nobody(_ id: String) -> String {
        "To the parent or guardian of \(id) Drillwell"
    }

    @Test func `an active parent or guardian within the period, no other`() throws {
        let found = try addressees(["mother", "past", "friend", "power"]) { told in
            try LetterAddressTests.take(
                [
                    Self.child("mother"), Self.related("m1", to: "mother", "MTH"),
                    Self.child("past"),
                    Self.related("p1", to: "past", "MTH", ",\"active\":false"),
                    Self.related("p2", to: "past", "FTH", ",\"period\":{\"end\":\"2020-05-01\"}"),
                    Self.related("p3", to: "past", "PRN", ",\"period\":{\"start\":\"2199-01-01\"}"),
                    Self.related("p4", to: "past", "GUARD", ",\"period\":{\"start\":\"2021\"}"),
                    Self.child("friend"), Self.related("f1", to: "friend", "FRND"),
                    Self.child("power"), Self.related("w1", to: "power", "POWATT"),
                ],
                into: told.vault
            )
        }
        #expect(found == ["Person m1", "Person p4", nobody("friend"), "Person w1"])
    }

    @Test func `it may come later than the patient, change, and be taken back`() throws {
        let found = try addressees(["one", "two", "three"]) { told in
            let vault = told.vault
            let all = [Self.child("one"), Self.child("two"), Self.child("three")]
            try LetterAddressTests.take(all, into: vault)
            try LetterAddressTests.take(
                [
                    Self.related("a", to: "one", "MTH"), Self.related("b", to: "two", "MTH"),
                    Self.related("c", to: "three", "FTH"),
                ],
                into: vault
            )
            // The patient's own resource comes again with another address: the mother stays.
            try LetterAddressTests.take(
                [Self.child("one", more: "\"address\":[{\"line\":[\"8 New Road\"]}]")],
                into: vault
            )
            try LetterAddressTests.take(
                [Self.related("b", to: "two", "MTH", ",\"active\":false")],
                into: vault
            )
            try LetterAddressTests.take([Self.related("c", to: "three", "FRND")], into: vault)
            #expect(try vault.verify().problems == [])
        }
        #expect(found == ["Person a", nobody("two"), nobody("three")])
    }

    @Test func `whom the patient has barred gets no letter, and the next one does`() throws {
        let found = try addressees(["barred", "next"]) { told in
            try LetterAddressTests.take(
                [
                    Self.child("barred"), Self.related("m", to: "barred", "MTH"),
                    Self.child("next"), Self.related("x", to: "next", "MTH"),
                    Self.related("y", to: "next", "FTH"),
                ],
                into: told.vault
            )
            try bar("RelatedPerson/m", of: "barred", in: told)
            try bar("RelatedPerson/x", of: "next", in: told)
        }
        #expect(found == [nobody("barred"), "Person y"])
    }

    /// The patient's own word against a person.
    private func bar(_ person: String, of patient: String, in told: VaultCase) throws {
        let own = try TestPerson(
            "own-\(patient)",
            Requester(kind: .patient, references: ["Patient/\(patient)"]),
            in: told.world.harness
        )
        _ = try told.vault.restrict(
            .id(try #require(FHIRID(patient))),
            RestrictionStatement(kind: .blockedPerson, person: person),
            by: try own.session(in: told.world.harness),
            context: CallContext()
        )
    }

    private static func consent(against person: String, of patient: String) -> String {
        """
        {"resource":{"resourceType":"Consent","id":"c-\(patient)","status":"active",
        "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
        "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
        "patient":{"reference":"Patient/\(patient)"},"dateTime":"2026-01-01",
        "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTOUT"}]},
        "provision":{"type":"deny","actor":[{"role":{"coding":[{
        "system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},
        "reference":{"reference":"\(person)"}}]}}}
        """
    }

    @Test func `a consent that bars a parent counts like a restriction`() throws {
        let found = try addressees(["told", "other"]) { told in
            try LetterAddressTests.take(
                [
                    Self.child("told"), Self.related("m", to: "told", "MTH"),
                    Self.child("other"), Self.related("x", to: "other", "MTH"),
                    Self.related("y", to: "other", "FTH"),
                ],
                into: told.vault
            )
            try LetterAddressTests.take(
                [
                    Self.consent(against: "RelatedPerson/m", of: "told"),
                    Self.consent(against: "RelatedPerson/x", of: "other"),
                ],
                into: told.vault
            )
        }
        #expect(found == [nobody("told"), "Person y"])
    }

    @Test func `a contact without a reference gets no letter where somebody near is barred`() throws
    {
        let contact = """
            "contact":[{"relationship":[{"coding":[{"code":"MTH"}]}],"name":{"text":"Mother Kin"},
            "address":{"line":["2 Mother Road"]}}]
            """
        let found = try addressees(["free", "near", "doctor"]) { told in
            try LetterAddressTests.take(
                ["free", "near", "doctor"].map {
                    Self.child($0, more: "\(LetterAddressTests.home),\(contact)")
                } + [Self.related("f", to: "near", "FRND")],
                into: told.vault
            )
            // Whoever is barred may be the mother under another entry.
            try bar("RelatedPerson/f", of: "near", in: told)
            try bar("Practitioner/prac-1", of: "doctor", in: told)
        }
        #expect(found == ["Mother Kin", nobody("near"), "Mother Kin"])
    }

    @Test func `of the dead, an executor before other kin`() throws {
        let late =
            "\"birthDate\":\"1940-01-01\",\"deceasedBoolean\":true,\(LetterAddressTests.home)"
        let found = try addressees(["late", "alone"]) { told in
            try LetterAddressTests.take(
                [
                    LetterAddressTests.patient("late", late),
                    Self.related("a-son", to: "late", "SON"),
                    Self.related("executor", to: "late", "EXCEST"),
                    LetterAddressTests.patient("alone", late),
                    Self.related("daughter", to: "alone", "DAU"),
                ],
                into: told.vault
            )
        }
        #expect(found == ["Person executor", "Person daughter"])
    }

    @Test(arguments: [
        ("KR", 19), ("NO", 18), ("US-AL", 19), ("US-MS", 21), ("US-MA", 18), ("CA-BC", 19),
    ])
    func `who is of age depends on where they live`(residence: String, years: Int) {
        #expect(AgeOfMajority.years(in: residence) == years)
        #expect(AgeOfMajority.years(in: nil) == 18)
    }
}

extension TestPerson {
    func session(in harness: VaultHarness) throws -> Caller {
        guard case .signed(let statement) = try caller(for: ["kind": "session"]) else {
            throw GuardError.notAuthenticated
        }
        return .session(
            try harness.vault.guard.openSession(statement, context: CallContext())
        )
    }
}
