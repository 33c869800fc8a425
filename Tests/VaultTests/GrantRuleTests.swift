import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// What the Guard grants, to whom, for how long, and what ends it.
struct GrantRuleTests {
    /// A vault with one patient, their clinician and an officer.
    private func vault() throws -> (HardVault, clinician: PrincipalID, patient: PrincipalID) {
        let hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.condition("c2", of: "a", code: "F32.9"),
        ])
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        return (hard, clinician, patient)
    }

    private func grant(
        _ hard: HardVault,
        _ id: PrincipalID,
        edit: (inout ReleaseRequest) -> Void = { _ in }
    ) throws -> Grant {
        var request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["TREAT"]
        )
        // Asking for a type makes the manifest known only after opening, so that the grant lives on.
        request.types = ["Condition"]
        edit(&request)
        let outcome = try hard.vault.guard.release(request, by: try hard.signed(id, request.json))
        guard case .granted(let grant) = outcome else { throw GuardError.grantEnded }
        return grant
    }

    @Test func `a grant ends after five minutes`() throws {
        let (hard, clinician, _) = try vault()
        let grant = try grant(hard, clinician)
        hard.clock.advance(299)
        _ = try hard.vault.guard.recordDisclosure(grant, carrying: Manifest([]))
        hard.clock.advance(2)
        #expect(throws: GuardError.grantEnded) {
            try hard.vault.guard.recordDisclosure(grant, carrying: Manifest([]))
        }
    }

    @Test func `a grant ends when its principal is disabled`() throws {
        let (hard, clinician, _) = try vault()
        let grant = try grant(hard, clinician)
        let session = try hard.session(clinician)
        try hard.vault.guard.disable(clinician, by: .operator, context: CallContext())
        #expect(throws: GuardError.grantEnded) {
            try hard.vault.guard.recordDisclosure(grant, carrying: Manifest([]))
        }
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.find(FindQuery(name: "Example"), by: session)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try hard.request(clinician, "a", "TREAT")
        }
    }

    @Test func `a restriction between decision and response stops the response`() throws {
        let (hard, clinician, patient) = try vault()
        let grant = try grant(hard, clinician)
        _ = try hard.vault.restrict(
            .id(try #require(FHIRID("a"))),
            RestrictionStatement(kind: .blockedPerson, person: "Practitioner/gp"),
            by: try hard.session(patient),
            context: CallContext()
        )
        #expect(throws: GuardError.grantEnded) {
            try hard.vault.guard.recordDisclosure(grant, carrying: Manifest([]))
        }
        #expect(throws: GuardError.grantEnded) {
            try hard.vault.guard.permits(
                RecordAttributes(category: .laboratory, labels: .none),
                of: try #require(RecordID("Patient/a")),
                under: grant
            )
        }
    }

    @Test func `a change of the shared directory between decision and response stops it`() throws {
        let (hard, clinician, _) = try vault()
        let grant = try grant(hard, clinician)
        try hard.take([
            #"{"resourceType":"PractitionerRole","id":"r1","practitioner":{"reference":"Practitioner/gp"},"organization":{"reference":"Organization/o1"}}"#,
            #"{"resourceType":"Organization","id":"o1","name":"Clinic"}"#,
        ])
        #expect(throws: GuardError.grantEnded) {
            try hard.vault.guard.recordDisclosure(grant, carrying: Manifest([]))
        }
    }

    @Test func `a manifest may name only newest versions in the granted segments`() throws {
        let (hard, clinician, _) = try vault()
        let grant = try grant(hard, clinician) { $0.categories = ["conditions"] }
        let numbers = (0..<6).map { UInt32($0) }
        var accepted = 0
        for number in numbers + [.max] {
            for version in [0, 1, 2, .max] as [UInt32] {
                let manifest = Manifest([Manifest.Item(number: number, version: version)])
                if (try? hard.vault.guard.recordDisclosure(grant, carrying: manifest)) != nil {
                    accepted += 1
                    #expect(version == 1 && number < 3)
                }
            }
        }
        #expect((1...2).contains(accepted))
    }

    @Test func `a signature counts once, near its time, for its own request and vault`() throws {
        let (hard, clinician, _) = try vault()
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["TREAT"]
        )
        let caller = try hard.signed(clinician, request.json)
        _ = try hard.vault.guard.release(request, by: caller)
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.release(request, by: caller)
        }
        var other = request
        other.purposes = ["HPAYMT"]
        let mismatched = try hard.signed(clinician, request.json)
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.release(other, by: mismatched)
        }
        let late = try hard.signed(clinician, request.json)
        hard.clock.advance(301)
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.release(request, by: late)
        }
        let elsewhere = try HardVault()
        try elsewhere.register("doctor", Requester(kind: .clinician))
        let foreign = try elsewhere.signed(clinician, request.json)
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.release(request, by: foreign)
        }
    }

    @Test func `a session ends after fifteen idle minutes and after eight hours`() throws {
        let (hard, clinician, _) = try vault()
        let idle = try hard.session(clinician)
        hard.clock.advance(901)
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.find(FindQuery(name: "x"), by: idle)
        }
        let busy = try hard.session(clinician)
        for _ in 0..<35 {
            hard.clock.advance(800)
            _ = try hard.vault.guard.find(FindQuery(name: "x"), by: busy)
        }
        hard.clock.advance(800)
        #expect(throws: GuardError.notAuthenticated) {
            try hard.vault.guard.find(FindQuery(name: "x"), by: busy)
        }
    }

    @Test func `the operator may not request, find, state, list, erase or explain`() throws {
        let (hard, _, _) = try vault()
        let vault = try hard.vault
        let patient = PatientDesignation.id(try #require(FHIRID("a")))
        let record = try #require(RecordID("Patient/a"))
        let context = CallContext()
        let size = try vault.guard.status().logSize
        #expect(throws: GuardError.notAuthenticated) {
            try vault.request(ReleaseRequest(patient: patient, purposes: ["TREAT"]), by: .operator)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try vault.guard.find(FindQuery(name: "x"), by: .operator)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try vault.guard.beginConsent(of: record, by: .operator, context: context)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try vault.guard.state([], of: patient, by: .operator, context: context)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try vault.guard.withdraw(anyOf: [record], by: .operator, context: context)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try vault.guard.statements(of: patient, by: .operator, context: context)
        }
        #expect(throws: GuardError.notAuthenticated) {
            try vault.erase(
                patient,
                reason: "r",
                basis: "b",
                by: .operator,
                second: .operator,
                context: context
            )
        }
        #expect(try vault.guard.status().logSize == size)
    }

    @Test func `who may not keep consents learns not even whether there is such a patient`() throws
    {
        let (hard, clinician, _) = try vault()
        let insurer = try hard.register("plan", Requester(kind: .insurer))
        let stranger = try hard.register(
            "stranger",
            Requester(kind: .patient, references: ["Patient/other"])
        )
        for id in [clinician, insurer, stranger] {
            for name in ["a", "nobody", "urn:mrn|MRN-a", "urn:mrn|none"] {
                let patient = try #require(PatientDesignation(name))
                let session = try hard.session(id)
                #expect(
                    throws: GuardError.notPermitted(action: "see or state this patient's consents")
                ) {
                    try hard.vault.guard.statements(
                        of: patient,
                        by: session,
                        context: CallContext()
                    )
                }
                #expect(throws: GuardError.notPermitted(action: "read the log")) {
                    try hard.vault.guard.historyProof(of: patient, by: session)
                }
                var query = LogQuery()
                query.patient = patient
                #expect(throws: GuardError.notPermitted(action: "read the log")) {
                    try hard.vault.guard.entries(query, by: session)
                }
            }
        }
    }

    @Test func `a patient proves only entries about themselves`() throws {
        let (hard, _, patient) = try vault()
        try hard.take([Small.patient("b"), Small.condition("b1", of: "b")])
        let session = try hard.session(patient)
        var proven = 0
        for index in 0..<(try hard.vault.guard.status().logSize) {
            do {
                let text = try hard.vault.guard.proof(ofEntry: index, patient: nil, by: session)
                let finding = try GuardCore.check(
                    Array(text.utf8),
                    verifierKey: hard.vault.guard.verifierKey
                )
                #expect(finding.problems == [])
                #expect(!text.contains("Patient/b"))
                proven += 1
            } catch GuardError.notPermitted {}
        }
        #expect(proven >= 2)
    }

    @Test func `a proof opens no part of an entry about several patients unless asked for one`()
        throws
    {
        let hard = try HardVault()
        try hard.take([Small.patient("a"), Small.patient("b")])
        let officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        let session = try hard.session(officer)
        let entries = try hard.vault.guard.entries(LogQuery(), by: session)
        let shared = try #require(entries.first { $0.kind == "intent" && $0.parts.count == 2 })
        let text = try hard.vault.guard.proof(ofEntry: shared.index, patient: nil, by: session)
        #expect(!text.contains("MRN-a") && !text.contains("MRN-b"))
        let one = try hard.vault.guard.proof(
            ofEntry: shared.index,
            patient: PatientDesignation("b"),
            by: session
        )
        #expect(!one.contains("MRN-a"))
        for proof in [text, one] {
            let finding = try GuardCore.check(
                Array(proof.utf8),
                verifierKey: hard.vault.guard.verifierKey
            )
            #expect(finding.problems == [])
        }
    }

    @Test func `example keys are refused outside a demo vault`() throws {
        let personas = try Data(
            contentsOf: VaultHarness.project.appending(path: "keys-example/personas.json")
        )
        let key = try #require(Base64.decode("zfXBg62Wsiu7aioYLOvfykRHWsurJiLjEBz6Bh4cTQ0="))
        #expect(!personas.isEmpty)
        for isDemo in [false, true] {
            let hard = try HardVault(isDemo: isDemo)
            let principal = Principal(
                id: try #require(PrincipalID("example")),
                name: "Example",
                requester: Requester(kind: .clinician),
                publicKey: key
            )
            let register = {
                try hard.vault.guard.register(principal, by: .operator, context: CallContext())
            }
            if isDemo {
                try register()
            } else {
                #expect(throws: GuardError.exampleKey) { try register() }
            }
        }
    }

    @Test func `a registrar cannot make those who watch over registrars`() throws {
        let hard = try HardVault()
        let registrar = try hard.register("registrar", Requester(kind: .registrar))
        for kind in RequesterKind.allCases {
            let principal = Principal(
                id: try #require(PrincipalID("new-\(kind.rawValue)")),
                name: "New",
                requester: Requester(kind: kind),
                publicKey: try Signing.publicKey(of: try Signing.newPrivateKey())
            )
            let session = try hard.session(registrar)
            let isKept = [
                .administrator, .registrar, .privacyOfficer, .securityOfficer, .oversight,
            ]
            .contains(kind)
            let wasMade =
                (try? hard.vault.guard.register(principal, by: session, context: CallContext()))
                != nil
            #expect(wasMade != isKept, "\(kind)")
        }
    }

    @Test func `under a clock that ran backwards nothing is answered`() throws {
        let (hard, clinician, patient) = try vault()
        let session = try hard.session(patient)
        hard.clock.advance(-4)
        #expect(try hard.request(clinician, "a", "TREAT").released != nil)
        hard.clock.advance(-60)
        #expect(throws: GuardError.clockWentBackwards) { try hard.request(clinician, "a", "TREAT") }
        #expect(throws: GuardError.clockWentBackwards) {
            try hard.vault.guard.proof(ofEntry: 0, patient: nil, by: session)
        }
        #expect(throws: GuardError.clockWentBackwards) { try hard.take([Small.patient("b")]) }
        hard.clock.advance(65)
        #expect(try hard.request(clinician, "a", "TREAT").released != nil)
        #expect(try hard.problems() == [])
    }
}
