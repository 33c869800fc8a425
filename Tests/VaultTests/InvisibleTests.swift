import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// Promise 7: a requester cannot tell that something is restricted, nor who is in the vault.
struct InvisibleTests {
    private let hard: HardVault
    private let patient: PrincipalID
    private let officer: PrincipalID
    private let second: PrincipalID
    /// Somebody of every kind, with a purpose of their own.
    private let requesters: [(id: PrincipalID, purpose: String)]

    init() throws {
        let hard = try HardVault()
        self.hard = hard
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.condition("c2", of: "a", code: "F32.9"), Small.patient("erased"),
            Small.condition("e1", of: "erased"), Small.patient("empty"),
        ])
        patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        second = try hard.register("second", Requester(kind: .privacyOfficer))
        let purposes: [RequesterKind: String] = [
            .clinician: "TREAT", .family: "FAMRQT", .insurer: "HPAYMT", .patient: "PATRQT",
            .researcher: "HRESCH", .publicHealth: "PUBHLTH", .integration: "TREAT",
        ]
        requesters = try RequesterKind.allCases.map { kind in
            (
                try hard.register(
                    "r-\(kind.rawValue)",
                    Requester(kind: kind, references: ["Practitioner/stranger"])
                ),
                purposes[kind] ?? "HOPERAT"
            )
        }
        _ = try hard.vault.erase(
            .id(try #require(FHIRID("erased"))),
            reason: "r",
            basis: "b",
            by: try hard.session(officer),
            second: try hard.session(second),
            context: CallContext()
        )
    }

    /// Everything of an answer that its requester sees, and how many entries it cost.
    private struct Look: Hashable {
        var decision: String
        var words: String
        var records: Int
        var bytes: [UInt8]
        var entries: UInt64
    }

    private func look(
        _ id: PrincipalID,
        _ patient: String,
        _ purpose: String,
        edit: (inout ReleaseRequest) -> Void = { _ in }
    ) throws -> Look {
        let before = try hard.vault.guard.status().logSize
        let outcome = try hard.request(id, patient, purpose, edit: edit)
        let entries = try hard.vault.guard.status().logSize - before
        switch outcome {
        case .denied(let denial):
            #expect(denial.receipt.index == before + entries - 1)
            return Look(
                decision: "deny",
                words: denial.reason,
                records: 0,
                bytes: [],
                entries: entries
            )
        case .released(let disclosure):
            #expect(disclosure.receipt.index == before + entries - 1)
            return Look(
                decision: "permit",
                words: disclosure.decision.reasonForRequester,
                records: disclosure.releasedCount,
                bytes: disclosure.bundle(),
                entries: entries
            )
        }
    }

    @Test func `unknown, erased and denied patients are answered alike, with one entry each`()
        throws
    {
        var denied = 0
        for (id, purpose) in requesters {
            let known = try look(id, "a", purpose)
            guard known.decision == "deny" else { continue }
            denied += 1
            for name in [
                "nobody", "erased", "empty", "urn:mrn|MRN-a", "urn:mrn|MRN-erased", "urn:mrn|none",
            ] {
                #expect(try look(id, name, purpose) == known, "\(id) \(name)")
            }
        }
        #expect(denied >= 8)
    }

    @Test func `an unknown patient is never permitted, whoever asks`() throws {
        for (id, purpose) in requesters + [(patient, "PATRQT")] {
            for name in ["nobody", "erased", "urn:mrn|none"] {
                let look = try look(id, name, purpose)
                #expect(look.decision == "deny")
                #expect(look.words == "nothing is available to you for this purpose")
                #expect(look.entries == 1)
            }
        }
    }

    @Test func `a record that is hidden is answered like one that is not there`() throws {
        let insurer = try hard.register(
            "family",
            Requester(kind: .family, references: ["RelatedPerson/f"])
        )
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        for (id, purpose) in [(insurer, "FAMRQT"), (clinician, "TREAT")] {
            let hidden = try look(id, "a", purpose) { $0.record = RecordID("Condition/c2") }
            let missing = try look(id, "a", purpose) { $0.record = RecordID("Condition/none") }
            if hidden.records == 0 { #expect(hidden == missing) }
            #expect(missing.records == 0)
            #expect(missing.decision == (try look(id, "a", purpose)).decision)
        }
    }

    @Test func `when everything is hidden the answer is that of an empty record`() throws {
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        // Nothing of this type, and everything of this type hidden by a date.
        let nothing = try look(clinician, "a", "TREAT") { $0.types = ["Immunization"] }
        let filtered = try look(clinician, "a", "TREAT") {
            $0.types = ["Condition"]
            $0.since = PartialDate("2090-01-01")
        }
        #expect(nothing == filtered)
        #expect(nothing.decision == "permit" && nothing.records == 0)
    }

    @Test func `a restriction leaves the shape of every answer as it was`() throws {
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let before = try look(clinician, "a", "TREAT") { $0.categories = ["medications"] }
        let stranger = try look(requesters[0].id, "a", requesters[0].purpose)
        _ = try hard.vault.restrict(
            .id(try #require(FHIRID("a"))),
            RestrictionStatement(
                kind: .selfPaidItem,
                items: [try #require(RecordID("Condition/c1"))]
            ),
            by: try hard.session(patient),
            context: CallContext()
        )
        let after = try look(clinician, "a", "TREAT") { $0.categories = ["medications"] }
        #expect(before == after)
        #expect(stranger == (try look(requesters[0].id, "a", requesters[0].purpose)))
        // A blocked person is answered like anybody without a relationship.
        _ = try hard.vault.restrict(
            .id(try #require(FHIRID("a"))),
            RestrictionStatement(kind: .blockedPerson, person: "Practitioner/gp"),
            by: try hard.session(patient),
            context: CallContext()
        )
        let blocked = try look(clinician, "a", "TREAT")
        let unknown = try look(clinician, "nobody", "TREAT")
        #expect(blocked == unknown)
    }

    @Test func `a look-up by who may not is answered and noted like one that finds nobody`() throws
    {
        let reader = try hard.session(officer)
        for (id, _) in requesters {
            for (name, finds) in [("Example", true), ("Nobody", false)] {
                let before = try hard.vault.guard.status().logSize
                let caller = try hard.signed(id, FindQuery(name: name).json)
                let found = try hard.vault.guard.find(FindQuery(name: name), by: caller)
                #expect(try hard.vault.guard.status().logSize == before + 1)
                if !finds { #expect(found.patients == []) }
                let entry = try hard.vault.guard.entry(
                    at: found.receipt.index,
                    by: reader,
                    context: CallContext()
                )
                #expect(entry["action"] == "find")
                #expect(
                    (entry["decision"] == "deny") == (finds && found.patients.isEmpty) || !finds
                )
            }
        }
    }
}
