import Consent
import FHIRModel
import Foundation
import Guard
import MerkleLog
import Records
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// Write sessions that overlap, stop half way, or do not do what they said.
struct WriteSessionTests {
    private func write(_ patient: String, _ record: String, byte: UInt8 = 1) throws -> PatientWrite
    {
        PatientWrite(
            patient: RecordID("Patient/\(patient)"),
            items: [
                WriteItem(
                    record: try #require(RecordID(record)),
                    digest: [UInt8](repeating: byte, count: 32),
                    category: .conditions,
                    labels: .none,
                    namesOthers: false
                )
            ],
            facts: [],
            identity: nil
        )
    }

    private func begin(_ hard: HardVault) throws -> WriteSessionID {
        try hard.vault.guard.beginWrite(by: .operator, origin: "test", context: CallContext())
    }

    @Test func `a second session cannot write a patient that the first one is writing`() throws {
        let hard = try HardVault()
        let core = try hard.vault.guard
        let first = try begin(hard)
        let second = try begin(hard)
        _ = try core.plan([try write("a", "Condition/1")], in: first)
        #expect(throws: GuardError.busy) {
            try core.plan([try write("a", "Condition/2")], in: second)
        }
        _ = try core.plan([try write("b", "Condition/2")], in: second)
        try core.abandonWrite(first)
        try core.abandonWrite(second)
        #expect(try hard.problems() == [])
        try hard.take([Small.patient("a"), Small.condition("1", of: "a")])
        #expect(try hard.problems() == [])
    }

    @Test func `a write that was announced and left keeps its record numbers until it is closed`()
        throws
    {
        let hard = try HardVault()
        try hard.take([Small.patient("a")])
        let announce = { (session: WriteSessionID) in
            let core = try hard.vault.guard
            let plan = try core.plan([try write("a", "Condition/1")], in: session)[0]
            let hashes = SealedHashes(
                pseudonym: plan.pseudonym,
                hashes: [[UInt8](repeating: 7, count: 32)]
            )
            _ = try core.recordIntent([hashes], in: session)
        }
        let left = try begin(hard)
        try announce(left)
        // Nobody continues it: first it is too long ago, then the Guard has started anew.
        hard.clock.advance(901)
        #expect(throws: GuardError.busy) { try announce(try begin(hard)) }
        hard.drop()
        let core = try hard.core()
        let next = try core.beginWrite(by: .operator, origin: "test", context: CallContext())
        #expect(throws: GuardError.busy) {
            try core.plan([try write("a", "Condition/2")], in: next)
        }
        for open in try core.openIntents(by: .operator) {
            try core.resolve(open.session, hasRows: false, by: .operator)
        }
        _ = try core.plan([try write("a", "Condition/2")], in: next)
        try core.abandonWrite(next)
        #expect(try core.audit(.whole, by: .operator).problems == [])
    }

    @Test func `what was planned and never announced does not count as stored`() throws {
        let hard = try HardVault()
        let core = try hard.vault.guard
        let session = try begin(hard)
        _ = try core.plan([try write("a", "Condition/1")], in: session)
        #expect(throws: GuardError.invalid(field: "plan")) { try core.finishWrite(session) }
        #expect(throws: GuardError.invalid(field: "plan")) {
            try core.plan([try write("a", "Condition/2")], in: session)
        }
        #expect(throws: GuardError.invalid(field: "sealed hashes")) {
            try core.recordIntent([], in: session)
        }
        try core.abandonWrite(session)
        #expect(try hard.problems() == [])
        #expect(throws: GuardError.unknown(what: "write session")) {
            try core.plan([try write("a", "Condition/2")], in: session)
        }
    }

    @Test func `a write session releases no key of a record that it does not move`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a"), Small.condition("1", of: "a")])
        let core = try hard.vault.guard
        let session = try begin(hard)
        let plans = try core.plan([try write("a", "Condition/2")], in: session)
        for number in 0..<4 as Range<UInt32> {
            #expect(throws: GuardError.invalid(field: "record number")) {
                try core.releaseForResealing(
                    [(number, plans[0].epoch)],
                    of: plans[0].pseudonym,
                    in: session
                )
            }
        }
    }

    @Test func `a consent session writes nothing but that patient's Consents`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a"), Small.patient("b")])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let core = try hard.vault.guard
        let session = try core.beginConsent(
            of: try #require(RecordID("Patient/a")),
            by: try hard.session(patient),
            context: CallContext()
        )
        for (patient, record) in [("a", "Condition/1"), ("b", "Consent/1")] {
            #expect(throws: GuardError.notPermitted(action: "write this")) {
                try core.plan([try write(patient, record)], in: session)
            }
        }
        #expect(throws: GuardError.notPermitted(action: "see or state this patient's consents")) {
            try core.beginConsent(
                of: try #require(RecordID("Patient/b")),
                by: try hard.session(patient),
                context: CallContext()
            )
        }
    }

    @Test func `a restriction stated while an import runs is not lost`() throws {
        let hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
        ])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let caller = try hard.session(patient)
        var isStated = false
        let later = (0..<3).map { Small.condition("later-\($0)", of: "a") }
        let encounter =
            #"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/a"},"participant":[{"individual":{"reference":"Practitioner/gp"}}]}"#
        let core = try hard.vault.guard
        // Planned before, stored after the restriction.
        let session = try begin(hard)
        let file = try hard.vault.prepare(MemorySource(HardVault.bundle(later + [encounter])))
        try hard.vault.records.write { writer in
            var work = ImportWork(vault: try hard.vault, session: session, writer: writer)
            _ = try work.run(file) { _, _ in }
            _ = try hard.vault.restrict(
                .id(try #require(FHIRID("a"))),
                RestrictionStatement(kind: .blockedPerson, person: "Practitioner/gp"),
                by: caller,
                context: CallContext()
            )
            isStated = true
        }
        _ = try core.finishWrite(session)
        #expect(isStated)
        #expect(try hard.problems() == [])
        #expect(try hard.request(clinician, "a", "TREAT").released?.releasedCount ?? 0 == 0)
        // What an explanation replays is what decided.
        let entries = try core.entries(LogQuery(), by: .operator)
        let decision = try #require(entries.last { $0["actor"] == "doctor" })
        let officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        let explained = try hard.vault.explain(
            decision.index,
            by: try hard.session(officer),
            context: CallContext()
        )
        #expect(explained.json["reproduced"] == true)
    }

    @Test func `three versions of a patient in one file leave the last one's name findable`() throws
    {
        let hard = try HardVault()
        let officer = try hard.register("officer", Requester(kind: .privacyOfficer))
        try hard.take([Small.patient("a", family: "Alder")])
        _ = try? hard.take([
            Small.patient("a", family: "Birch"), Small.patient("a", family: "Alder"),
        ])
        #expect(try hard.problems() == [])
        let found = { (name: String) in
            try hard.vault.guard.find(FindQuery(name: name), by: try hard.session(officer)).patients
        }
        #expect(try found("Alder").count == 1)
        #expect(try found("Birch").count == 0)
    }

    @Test func `an erasure waits for a write of the same patient`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a")])
        let one = try hard.register("one", Requester(kind: .privacyOfficer))
        let two = try hard.register("two", Requester(kind: .privacyOfficer))
        let core = try hard.vault.guard
        let session = try begin(hard)
        _ = try core.plan([try write("a", "Condition/1")], in: session)
        let erase = {
            try hard.vault.erase(
                .id(try #require(FHIRID("a"))),
                reason: "r",
                basis: "b",
                by: try hard.session(one),
                second: try hard.session(two),
                context: CallContext()
            )
        }
        #expect(throws: GuardError.busy) { try erase() }
        try core.abandonWrite(session)
        _ = try erase()
        #expect(try hard.problems() == [])
    }
}
