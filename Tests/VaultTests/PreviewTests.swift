import Consent
import Foundation
import Guard
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// What a patient is shown before and after a decision: previews, replays, emergencies, documents.
struct PreviewTests {
    private let hard: HardVault
    private let patient: PrincipalID
    private let sister: PrincipalID
    private let officer: PrincipalID
    private let stranger: PrincipalID

    private static let related =
        #"{"resourceType":"RelatedPerson","id":"s","patient":{"reference":"Patient/a"}}"#

    init() throws {
        hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.condition("c2", of: "a", code: "F32.9"), Self.related,
            """
            {"resourceType":"Appointment","id":"ap","status":"booked","reasonReference":[\
            {"reference":"Condition/c1","display":"a reason"}],"participant":[{"status":"accepted",\
            "actor":{"reference":"Patient/a"}}],"start":"2026-03-01T09:00:00Z"}
            """,
        ])
        patient = try hard.register("self", Requester(kind: .patient, references: ["Patient/a"]))
        sister = try hard.register(
            "sister",
            Requester(kind: .family, references: ["RelatedPerson/s"])
        )
        officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        stranger = try hard.register(
            "stranger",
            Requester(kind: .clinician, references: ["Practitioner/none"])
        )
    }

    private var consent: [UInt8] {
        let text = String(
            decoding: RealDisclosureTests.consent(
                patient: RecordID(type: "Patient", id: FHIRID("a") ?? hard.anyID),
                classes: ["Appointment", "Condition"]
            ),
            as: UTF8.self
        )
        return Array(text.replacing("RelatedPerson/daughter", with: "RelatedPerson/s").utf8)
    }

    private func preview(by id: PrincipalID) throws -> ConsentPreview {
        try hard.vault.previewConsent(
            consent,
            for: Requester(kind: .family, references: ["RelatedPerson/s"]),
            purposes: ["FAMRQT"],
            by: try hard.session(id),
            context: CallContext(),
            now: hard.clock.now()
        )
    }

    @Test func `a preview shows what the consent then releases, byte for byte, and states nothing`()
        throws
    {
        let shown = try preview(by: patient)
        #expect(try hard.request(sister, "a", "FAMRQT").released == nil)
        _ = try hard.vault.addConsent(
            consent,
            by: try hard.session(patient),
            context: CallContext(),
            now: hard.clock.now()
        )
        let released = try #require(try hard.request(sister, "a", "FAMRQT").released)
        let own = released.records.filter { !$0.isIncluded }
        let items = try #require(shown.items)
        #expect(Disclosure.bundle(of: own) == shown.bundle)
        #expect(Set(items.filter(\.isReleased).map(\.record)) == Set(own.map(\.record)))
        #expect(items.contains { !$0.isReleased && $0.record.description == "Condition/c2" })
        let areShortened = items.filter(\.isReleased).allSatisfy(\.isShortened)
        #expect(areShortened)
        let text = String(decoding: shown.bundle ?? [], as: UTF8.self)
        #expect(text.contains("Condition/c1") && !text.contains("c2"))
        #expect(try hard.problems() == [])
    }

    @Test func `a Patient with a link is shown as it leaves: without the link`() throws {
        try hard.take([
            Small.patient("b"),
            Small.patient(
                "a",
                more: #","link":[{"other":{"reference":"Patient/b"},"type":"seealso"}]"#
            ),
        ])
        let text = String(
            decoding: RealDisclosureTests.consent(
                patient: RecordID(type: "Patient", id: FHIRID("a") ?? hard.anyID),
                classes: ["Patient"]
            ),
            as: UTF8.self
        )
        let given = Array(text.replacing("RelatedPerson/daughter", with: "RelatedPerson/s").utf8)
        let shown = try hard.vault.previewConsent(
            given,
            for: Requester(kind: .family, references: ["RelatedPerson/s"]),
            purposes: ["FAMRQT"],
            by: try hard.session(patient),
            context: CallContext(),
            now: hard.clock.now()
        )
        let item = try #require(shown.items?.first { $0.record.description == "Patient/a" })
        #expect(item.isReleased && item.isShortened)
        #expect(!String(decoding: shown.bundle ?? [], as: UTF8.self).contains("Patient/b"))
        _ = try hard.vault.addConsent(
            given,
            by: try hard.session(patient),
            context: CallContext(),
            now: hard.clock.now()
        )
        let released = try #require(try hard.request(sister, "a", "FAMRQT").released)
        #expect(Disclosure.bundle(of: released.records.filter { !$0.isIncluded }) == shown.bundle)
    }

    @Test func `an officer's preview opens no record, and others may not look at all`() throws {
        let shown = try preview(by: officer)
        #expect(shown.items == nil && shown.bundle == nil)
        #expect(shown.trial.parts.contains { $0.after != $0.before })
        #expect(throws: GuardError.self) { _ = try preview(by: sister) }
        #expect(throws: GuardError.self) { _ = try preview(by: stranger) }
    }

    @Test func `a replay finds the decisions that other rules would change and no others`() throws {
        let doctor = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        #expect(try hard.request(doctor, "a", "TREAT").released != nil)
        #expect(try hard.request(stranger, "a", "TREAT").released == nil)
        let policies = try HardVault.shippedPolicies.get()
        let session = try hard.session(officer)
        let same = try hard.vault.replay(policies, by: session, context: CallContext())
        #expect(same.changes.isEmpty && same.examined == 2 && same.alreadyDifferent.isEmpty)
        let folder = VaultHarness.project.appending(path: "Policies")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let files =
            try PolicySet.ruleFiles(among: names).filter { $0 != "providers.yaml" }
            .map { name in
                PolicySet.File(
                    name: name,
                    text: try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                )
            }
        let without = try hard.vault.replay(
            try PolicySet(files: files),
            by: session,
            context: CallContext()
        )
        #expect(without.changes.map(\.actor) == ["doctor"])
        let areLosses = without.changes.allSatisfy {
            $0.after.effect == .deny && $0.gained.isEmpty
        }
        #expect(areLosses)
        #expect(throws: GuardError.self) {
            try hard.vault.replay(policies, by: try hard.session(sister), context: CallContext())
        }
    }

    @Test func `an emergency goes on for four hours for one clinician and ends by itself`() throws {
        let other = try hard.register(
            "other",
            Requester(kind: .clinician, references: ["Practitioner/other"])
        )
        #expect(try hard.request(stranger, "a", "ETREAT").released == nil)
        let first = try hard.request(stranger, "a", "ETREAT") {
            $0.breakGlass = BreakGlass(reason: "unconscious")
        }
        #expect(first.released != nil)
        hard.clock.advance(3 * 3_600)
        let again = try #require(try hard.request(stranger, "a", "TREAT").released)
        #expect(again.decision.layer == .emergency)
        #expect(again.decision.obligations.contains { $0.code == "review-due" })
        #expect(try hard.request(other, "a", "ETREAT").released == nil)
        #expect(try hard.request(stranger, "a", "HPAYMT").released == nil)
        // Asking again did not prolong it.
        hard.clock.advance(3_600 + 60)
        #expect(try hard.request(stranger, "a", "ETREAT").released == nil)
        #expect(try hard.problems() == [])
    }

    @Test func `an emergency is found in the log by a Guard that did not see it begin`() throws {
        _ = try hard.request(stranger, "a", "TREAT") {
            $0.breakGlass = BreakGlass(reason: "unconscious")
        }
        try hard.close()
        _ = try hard.reopen()
        #expect(try hard.request(stranger, "a", "TREAT").released?.decision.layer == .emergency)
        _ = try hard.vault.restrict(
            .id(try #require(FHIRID("a"))),
            RestrictionStatement(kind: .notEvenInAnEmergency),
            by: try hard.session(patient),
            context: CallContext()
        )
        let after = try hard.request(stranger, "a", "TREAT").released?.releasedCount
        #expect((after ?? 0) == 0)
    }

    @Test func `an emergency is reviewed by a privacy officer alone, and only once it was one`()
        throws
    {
        let outcome = try hard.request(stranger, "a", "TREAT") {
            $0.breakGlass = BreakGlass(reason: "unconscious")
        }
        let index = try #require(outcome.released).receipt.index
        func review(_ index: UInt64, by id: PrincipalID) throws -> Receipt {
            try hard.vault.guard.reviewEmergency(
                index,
                finding: .justified,
                note: nil,
                by: try hard.session(id),
                context: CallContext()
            )
        }
        #expect(throws: GuardError.self) { try review(index, by: stranger) }
        #expect(throws: GuardError.self) { try review(index, by: patient) }
        #expect(throws: GuardError.self) { try review(0, by: officer) }
        #expect(try review(index, by: officer).index > index)
        #expect(try hard.problems() == [])
    }

    @Test func `a document opens what its rule says, for its holder and its time alone`() throws {
        let court = try hard.register(
            "court",
            Requester(kind: .court, references: ["Organization/court"])
        )
        func state(by id: PrincipalID, _ kind: Evidence = .courtOrder) throws {
            _ = try hard.vault.state(
                EvidenceStatement(
                    kind: kind,
                    holder: "Organization/court",
                    document: "case 1",
                    period: FactPeriod(end: "2026-03-31")
                ),
                of: .id(try #require(FHIRID("a"))),
                by: try hard.session(id),
                context: CallContext()
            )
        }
        #expect(try hard.request(court, "a", "HLEGAL").released == nil)
        #expect(throws: GuardError.self) { try state(by: patient) }
        #expect(throws: GuardError.self) { try state(by: court) }
        try state(by: patient, .patientAgreed)
        #expect(try hard.request(court, "a", "HLEGAL").released == nil)
        try state(by: officer)
        let released = try #require(try hard.request(court, "a", "HLEGAL").released)
        #expect(released.decision.isAccountable && released.releasedCount > 0)
        hard.clock.advance(120 * 86_400)
        #expect(try hard.request(court, "a", "HLEGAL").released == nil)
        #expect(try hard.problems() == [])
    }

    @Test func `a receipt says what was consented to and invents nothing`() throws {
        let receipt = try ConsentRecordReceipt(
            consent: consent,
            vault: hard.vault.guard.vault,
            proof: ["index": 7],
            now: hard.clock.now()
        ).json
        #expect(receipt["schema_version"]?.string == "ISO/IEC TS 27560:2023")
        #expect(receipt["pii_principal_id"]?.string == "Patient/a")
        let purpose = receipt["purposes"]?.array?.first
        #expect(purpose?["purpose"]?.stringArray == ["FAMRQT"])
        #expect(purpose?["recipient_third_parties"]?.stringArray == ["RelatedPerson/s"])
        #expect(purpose?["pii_information"]?.stringArray == ["Appointment", "Condition"])
        #expect(purpose?["processing_location"] == .null)
        #expect(receipt["proof"]?["index"]?.int == 7)
    }
}

extension HardVault {
    /// Some id, for texts that cannot fail.
    fileprivate var anyID: FHIRID {
        guard let id = FHIRID("a") else { preconditionFailure("a valid id") }
        return id
    }
}
