import Consent
import FHIRModel
import Foundation
import Guard
import Records
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// What an import keeps, and what it refuses whole.
struct ImportRuleTests {
    private func file(_ hard: HardVault, _ text: String) throws -> ImportReport {
        try hard.vault.importFile(
            MemorySource(Array(text.utf8)),
            by: .operator,
            context: CallContext()
        )
    }

    @Test func `new bytes under an old id are a new version and the old one is kept`() throws {
        let hard = try HardVault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        try hard.take([Small.patient("a"), Small.condition("c1", of: "a")])
        let report = try hard.take([
            Small.patient("a"), Small.condition("c1", of: "a", code: "E11.9"),
        ])
        #expect(report.resources == 2 && report.stored == 1)
        let verified = try hard.vault.verify()
        #expect(verified.problems == [] && verified.versions == 3)
        #expect(
            try hard.everything(of: "a", by: patient)["Condition/c1"]?.contains("E11.9") == true
        )
        var versions: [UInt32: Int] = [:]
        try hard.vault.records.forEachVersion { versions[$0.header.version, default: 0] += 1 }
        #expect(versions == [1: 2, 2: 1])
    }

    @Test func `the same file again stores nothing and writes no entry`() throws {
        let hard = try HardVault()
        let resources = [
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.claim("k1", of: "a", condition: "c1"),
        ]
        try hard.take(resources)
        let before = try hard.vault.guard.status().logSize
        let report = try hard.take(resources)
        #expect(report.stored == 0 && report.bytes == 0 && report.logIndex == nil)
        #expect(try hard.vault.guard.status().logSize == before)
        #expect(try hard.vault.verify().versions == 4)
    }

    @Test func `NDJSON and a single resource are imported like a Bundle`() throws {
        let hard = try HardVault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        _ = try file(hard, Small.patient("a"))
        let report = try file(
            hard,
            Small.condition("c1", of: "a") + "\n" + Small.condition("c2", of: "a") + "\r\n"
        )
        #expect(report.resources == 2 && report.stored == 2 && report.patients == 1)
        #expect(try hard.everything(of: "a", by: patient).count == 3)
        #expect(try hard.problems() == [])
    }

    @Test func `a record that names a second patient leaves only where both permit`() throws {
        let hard = try HardVault()
        let encounter = { (id: String) in
            #"{"resourceType":"Encounter","id":"e-\#(id)","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/\#(id)"},"participant":[{"individual":{"reference":"Practitioner/gp"}}]}"#
        }
        let shared = Small.condition(
            "both",
            of: "a",
            more: #","asserter":{"reference":"Patient/b"}"#
        )
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.patient("b"), encounter("a"),
            encounter("b"), Small.condition("own", of: "a"), shared,
        ])
        let clinician = try hard.register(
            "doctor",
            Requester(kind: .clinician, references: ["Practitioner/gp"])
        )
        let one = try hard.register("a", Requester(kind: .patient, references: ["Patient/a"]))
        let two = try hard.register("b", Requester(kind: .patient, references: ["Patient/b"]))
        let shown = { (id: PrincipalID, patient: String, purpose: String) in
            Set(
                try hard.request(id, patient, purpose).released?.records
                    .map(\.record.description) ?? []
            )
        }
        #expect(try shown(clinician, "a", "TREAT").contains("Condition/both"))
        #expect(try !shown(one, "a", "PATRQT").contains("Condition/both"))
        #expect(try shown(one, "a", "PATRQT").contains("Condition/own"))
        #expect(try !shown(two, "b", "PATRQT").contains("Condition/both"))
        _ = try hard.vault.restrict(
            .id(try #require(FHIRID("b"))),
            RestrictionStatement(kind: .blockedPerson, person: "Practitioner/gp"),
            by: try hard.session(two),
            context: CallContext()
        )
        let after = try shown(clinician, "a", "TREAT")
        #expect(!after.contains("Condition/both") && after.contains("Condition/own"))
        #expect(try hard.problems() == [])
    }

    @Test func `a Provenance follows the record that it is about`() throws {
        let hard = try HardVault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let provenance =
            #"{"resourceType":"Provenance","id":"p1","target":[{"reference":"Condition/c1"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/gp"}}]}"#
        try hard.take([provenance, Small.patient("a"), Small.condition("c1", of: "a")])
        #expect(try hard.everything(of: "a", by: patient)["Provenance/p1"] == provenance)
        #expect(try hard.problems() == [])
        #expect(throws: VaultError.self) {
            try hard.take([
                Small.patient("b"), Small.condition("c9", of: "b"), Small.condition("c1", of: "a"),
                provenance.replacing("p1", with: "p2").replacing(
                    #""target":["#,
                    with: #""target":[{"reference":"Condition/c9"},"#
                ),
            ])
        }
        #expect(try hard.problems() == [])
    }

    @Test func `a patient without a name, and one who only moved, leave a vault that verifies`()
        throws
    {
        let hard = try HardVault()
        _ = try file(hard, #"{"resourceType":"Patient","id":"bare"}"#)
        let moved = { (city: String) in
            #"{"resourceType":"Patient","id":"m","name":[{"family":"Example"}],"address":[{"city":"\#(city)"}]}"#
        }
        _ = try file(hard, moved("Oslo"))
        _ = try file(hard, moved("Vilnius"))
        #expect(try hard.problems() == [])
    }

    @Test func `a Provenance in a file of its own finds its owner in the vault`() throws {
        let hard = try HardVault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.patient("b"), Small.condition("c2", of: "b"),
        ])
        let provenance = { (id: String, target: String) in
            #"{"resourceType":"Provenance","id":"\#(id)","target":[{"reference":"\#(target)"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/gp"}}]}"#
        }
        let lines = [provenance("p1", "Condition/c1"), provenance("p2", "Condition/c2")]
        let report = try file(hard, lines.joined(separator: "\n"))
        #expect(report.stored == 2 && report.patients == 2)
        let shown = try hard.everything(of: "a", by: patient)
        #expect(shown["Provenance/p1"] == lines[0] && shown["Provenance/p2"] == nil)
        #expect(throws: VaultError.self) {
            try file(hard, provenance("p3", "Condition/none"))
        }
        #expect(try hard.problems() == [])
    }

    @Test func `a reference into another patient's record refuses the file, whichever comes first`()
        throws
    {
        let hard = try HardVault()
        let foreign = Small.condition(
            "c1",
            of: "a",
            more: #","evidence":[{"detail":[{"reference":"Condition/c2"}]}]"#
        )
        let theirs = Small.condition("c2", of: "b")
        let patients = [Small.patient("a"), Small.patient("b")]
        for order in [[foreign, theirs], [theirs, foreign]] {
            #expect(
                throws: VaultError.foreignReference(
                    entry: order[0] == foreign ? 2 : 3,
                    type: "Condition"
                )
            ) {
                try hard.take(patients + order)
            }
        }
        // Where the two of them count on a record that comes last, one of them is wrong.
        let other = foreign.replacing("\"c1\"", with: "\"c3\"").replacing(
            "Patient/a",
            with: "Patient/b"
        )
        #expect(throws: VaultError.foreignReference(entry: 2, type: "Condition")) {
            try hard.take(patients + [foreign, other, theirs])
        }
        #expect(try hard.vault.verify().versions == 0)
        try hard.take(patients + [other, theirs])
        #expect(try hard.problems() == [])
    }

    @Test func `a conditional patient reference finds a patient of the vault, or is refused`()
        throws
    {
        let hard = try HardVault()
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        try hard.take([Small.patient("a")])
        let condition = { (query: String) in
            Small.condition("c1", of: "a").replacing("Patient/a", with: query)
        }
        for query in ["Patient?identifier=urn:mrn|none", "Patient?name=Example"] {
            #expect(throws: VaultError.unknownPatient(entry: 0, type: "Condition"), "\(query)") {
                try hard.take([condition(query)])
            }
        }
        try hard.take([condition("Patient?identifier=urn:mrn|MRN-a")])
        #expect(
            try hard.everything(of: "a", by: patient)["Condition/c1"]
                == condition("Patient?identifier=urn:mrn|MRN-a")
        )
        #expect(try hard.problems() == [])
    }

    @Test func `each kind of bad input is refused whole, with its kind, and leaves nothing`() throws
    {
        let hard = try HardVault()
        try hard.take([Small.practitioner, Small.patient("a")])
        let entry = { (resources: [String]) in
            String(decoding: HardVault.bundle(resources), as: UTF8.self)
        }
        let good = Small.condition("new", of: "a")
        let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        let table: [(String, String)] = [
            ("nothing", ""),
            ("spaces", "  \n "),
            ("not JSON", "hello"),
            ("truncated", String(entry([good]).dropLast(9))),
            ("deep", #"{"resourceType":"Basic","id":"x","extension":\#(deep)}"#),
            ("no FHIR", #"{"a":1}"#),
            ("an array", "[]"),
            ("unknown type", entry([good, #"{"resourceType":"Whatever","id":"x"}"#])),
            ("bad id", entry([good, #"{"resourceType":"Patient","id":"a b"}"#])),
            ("duplicate key", entry([good, #"{"resourceType":"Patient","id":"z","id":"y"}"#])),
            ("no patient", entry([good, #"{"resourceType":"Condition","id":"x"}"#])),
            ("a patient nobody knows", entry([good, Small.condition("x", of: "nobody")])),
            (
                "by name only",
                entry([good, good.replacing(#""reference":"Patient/a""#, with: #""display":"A""#)])
            ),
            ("a group", entry([good, good.replacing("Patient/a", with: "Group/g")])),
            (
                "unresolved uuid",
                entry([
                    good,
                    good.replacing(
                        "Patient/a",
                        with: "urn:uuid:6e5a0f3c-9b1c-4b8e-9f5e-0a8b1c2d3e4f"
                    ),
                ])
            ),
            ("NDJSON with a bad line", good + "\n{\n"),
            (
                "two resources with one id",
                entry([good, Small.condition("new", of: "a", code: "E11.9")])
            ),
            (
                "a dangling Provenance",
                entry([
                    good,
                    #"{"resourceType":"Provenance","id":"p","target":[{"reference":"Condition/none"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}"#,
                ])
            ),
        ]
        let before = try hard.vault.verify().versions
        for (name, text) in table {
            do {
                _ = try file(hard, text)
                Issue.record("\(name) was taken")
            } catch let error as any Failure {
                #expect(error.kind == .badInput, "\(name): \(error.code)")
                #expect(!error.message.isEmpty && !error.hint.isEmpty)
            }
            let verified = try hard.vault.verify()
            #expect(verified.problems == [], "\(name)")
            #expect(verified.versions == before, "\(name)")
        }
        try hard.take([good])
        #expect(try hard.vault.verify().versions == before + 1)
    }

    @Test func `a full disk undoes an import and a later one succeeds`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a")])
        hard.recordFaults.fail(after: 0, .fail)
        #expect(throws: Faults.Broken.self) { try hard.take([Small.condition("c1", of: "a")]) }
        hard.recordFaults.fail(after: nil)
        hard.drop()
        try hard.reopen()
        try hard.take([Small.condition("c1", of: "a")])
        let verified = try hard.vault.verify()
        #expect(verified.problems == [] && verified.versions == 2)
    }

    @Test func `a key of another vault opens nothing`() throws {
        let hard = try HardVault()
        try hard.close()
        let stranger = try SecretKey.random()
        #expect(throws: (any Error).self) {
            _ = try GuardCore.unseal(
                storage: try GuardStoreOpener.open(hard.guardPath),
                root: stranger,
                vault: hard.id,
                witnessed: nil,
                policies: try HardVault.shippedPolicies.get(),
                limits: .none,
                clock: hard.clock,
                random: SystemRandom()
            )
        }
        try hard.reopen()
        #expect(try hard.problems() == [])
    }
}
