import BreachResponse
import Consent
import FHIRModel
import Guard
import Testing
import VaultCore

@testable import Vault

/// Seals close what they name and nothing else, and every one can be lifted.
struct ContainmentTests {
    private struct Ward {
        let world: SnoopedVault
        let doctor: TestPerson

        init() throws {
            world = try SnoopedVault()
            doctor = try TestPerson(
                "ward-doctor",
                Requester(
                    kind: .clinician,
                    references: ["Practitioner/prac-us-okafor"],
                    organization: .reference("Organization/ward")
                ),
                in: world.harness
            )
        }

        func read(_ purpose: String = "TREAT") throws -> DisclosureOutcome {
            var request = ReleaseRequest(
                patient: try #require(PatientDesignation("margaret")),
                purposes: [purpose]
            )
            request.categories = ["medications"]
            request.context = CallContext(
                device: "tablet-1",
                client: "chart",
                recordServer: "records-1"
            )
            return try world.harness.vault.request(
                request,
                by: try doctor.caller(for: request.json)
            )
        }
    }

    @Test func `every kind of seal stops the request that goes through it, until it is lifted`()
        throws
    {
        let ward = try Ward()
        let vault = ward.world.harness.vault
        let margaret = try #require(PatientDesignation("margaret"))
        let pseudonym = try #require(try vault.core.sealedName(of: margaret))
        let seals: [(AccessSeal.Kind, String)] = [
            (.patient, pseudonym), (.organization, "Organization/ward"), (.client, "chart"),
            (.purpose, "TREAT"), (.device, "tablet-1"), (.server, "records-1"), (.vault, ""),
        ]
        #expect(try ward.read().released != nil)
        for (kind, value) in seals {
            let measure = ContainmentMeasure.seal(try #require(AccessSeal(kind, value)))
            let done = try vault.contain(
                [measure, measure],
                by: ward.world.engineer,
                context: CallContext()
            )
            #expect(done == [measure], "\(kind): once is enough")
            guard case .denied(let denial) = try ward.read() else {
                Issue.record("\(kind) did not close")
                continue
            }
            // The requester learns nothing that a refusal by the rules would not say.
            #expect(denial.reason == "nothing is available to you for this purpose")
            #expect(try vault.verify().problems == [])
            let lifted = try vault.reverse(
                [measure],
                by: ward.world.officer,
                context: CallContext()
            )
            #expect(lifted == [measure])
            #expect(try ward.read().released != nil, "\(kind) stays closed")
        }
        #expect(try vault.core.seals().isEmpty)
        #expect(try vault.verify().problems == [])
    }

    @Test func `a seal names one thing and leaves the others open`() throws {
        let ward = try Ward()
        let vault = ward.world.harness.vault
        let tomas = try #require(PatientDesignation("tomas"))
        let others: [(AccessSeal.Kind, String)] = [
            (.patient, try #require(try vault.core.sealedName(of: tomas))),
            (.organization, "Organization/other"), (.client, "other"), (.purpose, "HPAYMT"),
            (.device, "tablet-2"), (.server, "records-2"),
        ]
        for (kind, value) in others {
            _ = try vault.contain(
                [.seal(try #require(AccessSeal(kind, value)))],
                by: ward.world.engineer,
                context: CallContext()
            )
        }
        #expect(try vault.core.seals().count == others.count)
        #expect(try ward.read().released != nil)
    }

    @Test func `a sealed vault takes no write and finds nobody`() throws {
        let ward = try Ward()
        let vault = ward.world.harness.vault
        let whole = ContainmentMeasure.seal(try #require(AccessSeal(.vault)))
        _ = try vault.contain([whole], by: ward.world.engineer, context: CallContext())
        let refused = GuardError.notPermitted(action: "act while this is sealed")
        #expect(throws: refused) {
            _ = try vault.guard.beginWrite(by: .operator, origin: "x", context: CallContext())
        }
        var query = FindQuery()
        query.name = "Margaret"
        #expect(throws: refused) {
            _ = try vault.guard.find(query, by: try ward.doctor.caller(for: query.json))
        }
    }

    @Test func `who may not contain seals nothing, and a patient nobody knows is no seal`() throws {
        let ward = try Ward()
        let vault = ward.world.harness.vault
        let seal = try #require(AccessSeal(.vault))
        #expect(throws: GuardError.notPermitted(action: "seal")) {
            _ = try vault.contain([.seal(seal)], by: ward.doctor, context: CallContext())
        }
        let nobody = try #require(AccessSeal(.patient, String(repeating: "0", count: 32)))
        #expect(throws: GuardError.unknown(what: "patient")) {
            _ = try vault.contain([.seal(nobody)], by: ward.world.engineer, context: CallContext())
        }
        #expect(AccessSeal(.vault, "x") == nil)
        #expect(AccessSeal(.purpose, "") == nil)
        #expect(try vault.core.seals().isEmpty)
    }

    @Test func `a principal is stopped and reinstated, and the log says both`() throws {
        let ward = try Ward()
        let vault = ward.world.harness.vault
        let measure = ContainmentMeasure.disable(ward.doctor.principal)
        #expect(
            try vault.contain([measure], by: ward.world.engineer, context: CallContext())
                == [measure]
        )
        #expect(throws: GuardError.notAuthenticated) { _ = try ward.read() }
        #expect(throws: GuardError.notPermitted(action: "reinstate a principal")) {
            _ = try vault.reverse([measure], by: ward.world.engineer, context: CallContext())
        }
        #expect(
            try vault.reverse([measure], by: ward.world.officer, context: CallContext())
                == [measure]
        )
        #expect(try ward.read().released != nil)
        #expect(try vault.verify().problems == [])
    }

    @Test func `a session that was opened after a reinstatement still reaches what it reaches`()
        throws
    {
        let world = try SnoopedVault()
        let vault = world.harness.vault
        let visitor = try TestPerson(
            "visitor",
            Requester(kind: .patient, references: ["Patient/haeun"]),
            in: world.harness
        )
        let measure = ContainmentMeasure.disable(visitor.principal)
        _ = try vault.contain([measure], by: world.engineer, context: CallContext())
        world.clock.pass(60)
        _ = try vault.reverse([measure], by: world.officer, context: CallContext())
        world.clock.pass(5 * 3_600)
        let from = world.clock.now()
        world.clock.pass(60)
        guard case .signed(let statement) = try visitor.caller(for: ["kind": "session"]) else {
            return
        }
        let session = try vault.guard.openSession(statement, context: CallContext())
        world.clock.pass(60)
        let window = ScopeWindow(from: from, to: world.clock.now())
        world.clock.pass(60)
        let finding = try vault.scope(
            ScopeComputation(window: window, suspicion: .session(session)),
            by: [world.officer],
            context: CallContext()
        )
        #expect(
            finding.result.couldHave.map { world.reference(of: $0.patient, in: finding) }
                == ["Patient/haeun"]
        )
    }
}
