import Consent
import Foundation
import Guard
import Records
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// What lasts how long: writes and nonces, and how often one may ask.
struct GrantLifeTests {
    private func vault() throws -> (HardVault, PrincipalID) {
        let hard = try HardVault()
        try hard.take([Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a")])
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/stranger"])
        )
        return (hard, clinician)
    }

    @Test func `a statement counts once, also across a restart`() throws {
        let (hard, _) = try vault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let request = ReleaseRequest(
            patient: try #require(PatientDesignation("a")),
            purposes: ["PATRQT"]
        )
        let asked = try hard.signed(patient, request.json)
        let looked = try hard.signed(patient, GuardRequest.status)
        let refused = try hard.signed(patient, GuardRequest.audit)
        _ = try hard.vault.guard.release(request, by: asked)
        _ = try hard.vault.guard.status(by: looked)
        #expect(throws: GuardError.notPermitted(action: "verify")) {
            try hard.vault.guard.audit(by: refused)
        }
        for isCrash in [true, false] {
            if isCrash { hard.drop() } else { try hard.close() }
            try hard.reopen()
            #expect(throws: GuardError.notAuthenticated) {
                try hard.vault.guard.release(request, by: asked)
            }
            #expect(throws: GuardError.notAuthenticated) {
                try hard.vault.guard.status(by: looked)
            }
            #expect(throws: GuardError.notAuthenticated) {
                try hard.vault.guard.audit(by: refused)
            }
        }
        #expect(try hard.problems() == [])
    }

    @Test func `a write that nobody continues ends, and what it announced is closed later`() throws
    {
        let (hard, _) = try vault()
        let core = try hard.vault.guard
        let session = try core.beginWrite(
            by: .operator,
            origin: "test",
            context: CallContext()
        )
        #expect(try core.holds(try #require(RecordID("Patient/a")), in: session))
        hard.clock.advance(899)
        #expect(try core.holds(try #require(RecordID("Patient/a")), in: session))
        hard.clock.advance(900)
        #expect(throws: GuardError.unknown(what: "write session")) {
            try core.holds(try #require(RecordID("Patient/a")), in: session)
        }
        #expect(throws: GuardError.unknown(what: "write session")) {
            try core.finishWrite(session)
        }
        try hard.take([Small.condition("c2", of: "a")])
        #expect(try hard.problems() == [])
    }

    @Test func `an export is not held up by the rate of single requests, and has one of its own`()
        throws
    {
        let limits = try RateLimits(
            parsing:
                #"{"release":{"burst":1,"perMinute":1},"export":{"burst":2,"perMinute":1}}"#
        )
        let (hard, doctor) = try vault()
        try hard.close()
        try hard.reopen(limits: limits)
        let session = try hard.session(doctor)
        func release(_ action: String) throws -> Bool {
            let patient = try #require(PatientDesignation("a"))
            var request = ReleaseRequest(patient: patient, purposes: ["TREAT"])
            request.action = action
            do {
                _ = try hard.vault.guard.release(request, by: session)
                return true
            } catch GuardError.tooMany { return false }
        }
        #expect(try [release("read"), release("read")] == [true, false])
        let export = ReleaseRequest.export
        #expect(try [release(export), release(export), release(export)] == [true, true, false])
    }

    @Test func `who asks too often is refused, with one entry a minute, and others are not`() throws
    {
        let limits = try RateLimits(
            parsing:
                #"{"find":{"burst":3,"perMinute":60},"kinds":{"registrar":{"find":{"burst":9,"perMinute":1}}}}"#
        )
        let (hard, _) = try vault()
        let officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        let registrar = try hard.register("registrar", Requester(kind: .registrar))
        try hard.close()
        try hard.reopen(limits: limits)
        func find(_ caller: Caller) throws -> Bool {
            do {
                _ = try hard.vault.guard.find(FindQuery(name: "Example"), by: caller)
                return true
            } catch GuardError.tooMany { return false }
        }
        let session = try hard.session(officer)
        let before = try hard.vault.guard.status().logSize
        #expect(
            try (0..<6).map { _ in try find(session) } == [true, true, true, false, false, false]
        )
        #expect(try hard.vault.guard.status().logSize == before + 4)
        let other = try hard.session(registrar)
        #expect(try (0..<9).allSatisfy { _ in try find(other) })
        #expect(try !find(other))
        hard.clock.advance(2)
        #expect(try (0..<3).map { _ in try find(session) } == [true, true, false])
        #expect(try hard.problems() == [])
        for text in [
            "", "[]", #"{"find":{"burst":0,"perMinute":1}}"#, #"{"x":{"burst":1,"perMinute":1}}"#,
        ] {
            #expect(throws: GuardError.invalid(field: "limits")) { try RateLimits(parsing: text) }
        }
    }
}
