import Consent
import FHIRModel
import Foundation
import Guard
import GuardStore
import MerkleLog
import Records
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

enum GuardStoreOpener {
    static func open(_ path: String) throws -> SQLiteGuardStorage {
        try SQLiteGuardStorage(path: path, creating: false)
    }
}

/// Promise 6: erasing destroys the key.
struct ErasureTests {
    private let hard: HardVault
    private let one: PrincipalID
    private let two: PrincipalID

    init() throws {
        hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.patient("b"), Small.condition("c2", of: "b"),
        ])
        one = try hard.register("one", Requester(kind: .privacyOfficer))
        two = try hard.register("two", Requester(kind: .securityOfficer))
    }

    @discardableResult
    private func erase(
        _ name: String = "a",
        by first: PrincipalID? = nil,
        and second: PrincipalID? = nil,
        reason: String = "asked",
        basis: String = "GDPR 17(1)(b)"
    ) throws -> JSONValue {
        try hard.vault.erase(
            .id(try #require(FHIRID(name))),
            reason: reason,
            basis: basis,
            by: try hard.session(first ?? one),
            second: try hard.session(second ?? two),
            context: CallContext()
        )
    }

    @Test func `it needs two persons of the right roles, a reason and a basis`() throws {
        let clinician = try hard.register("doctor", Requester(kind: .clinician))
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        #expect(throws: GuardError.notPermitted(action: "erase alone")) { try erase(and: one) }
        for id in [clinician, patient] {
            #expect(throws: GuardError.notPermitted(action: "erase")) { try erase(and: id) }
            #expect(throws: GuardError.notPermitted(action: "erase")) { try erase(by: id) }
        }
        #expect(throws: GuardError.invalid(field: "reason or basis")) { try erase(reason: "") }
        #expect(throws: GuardError.invalid(field: "reason or basis")) { try erase(basis: "") }
        #expect(throws: GuardError.invalid(field: "reason or basis")) {
            try erase(reason: String(repeating: "x", count: 2_001))
        }
        #expect(throws: GuardError.unknown(what: "patient")) { try erase("nobody") }
        #expect(try hard.everything(of: "a", by: patient).count >= 2)
        #expect(try hard.problems() == [])
    }

    @Test func `the record is gone, the others of the shard stay, and the vault verifies`() throws {
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let other = try hard.register(
            "other",
            Requester(kind: .patient, references: ["Patient/b"])
        )
        let certificate = try erase()
        #expect(certificate["records"]?.int == 2)
        #expect(try hard.request(patient, "a", "PATRQT").denial != nil)
        #expect(try hard.everything(of: "b", by: other)["Condition/c2"] != nil)
        #expect(throws: GuardError.unknown(what: "patient")) { try erase() }
        #expect(throws: GuardError.erased) { try hard.take([Small.patient("a")]) }
        let found = try hard.vault.guard.find(
            FindQuery(name: "Example"),
            by: try hard.session(one)
        )
        #expect(found.patients.map(\.description) == ["Patient/b"])
        #expect(try hard.problems() == [])
        hard.drop()
        try hard.reopen()
        #expect(try hard.problems() == [])
        #expect(try hard.everything(of: "b", by: other)["Condition/c2"] != nil)
        try hard.take([Small.condition("c3", of: "b")])
        #expect(try hard.problems() == [])
    }

    @Test func `neither the wrapped keys nor the rows are left in any file`() throws {
        try hard.close()
        let keys = try hard.column(
            hard.guardPath,
            "SELECT hex(value) FROM items WHERE kind IN (4, 5, 6, 9, 15, 16)"
        )
        let rows = try hard.column(hard.recordPath, "SELECT hex(sealed) FROM record_version")
        #expect(keys.count >= 10 && rows.count == 5)
        try hard.reopen()
        try erase("a")
        try erase("b")
        for isClosed in [false, true] {
            if isClosed { try hard.close() }
            var files = Data()
            for name in try FileManager.default.contentsOfDirectory(atPath: hard.folder.path) {
                files += try Data(contentsOf: hard.folder.appending(path: name))
            }
            // The directory's own key lies under the shard too and was wrapped anew.
            var left = 0
            for hex in keys {
                let bytes = Data(try #require(Hex.decode(hex.lowercased())))
                if files.range(of: bytes) != nil { left += 1 }
            }
            let directory = 3
            #expect(left <= directory, "closed: \(isClosed)")
            var rowsLeft = 0
            for hex in rows {
                if files.range(of: Data(try #require(Hex.decode(hex.lowercased())))) != nil {
                    rowsLeft += 1
                }
            }
            #expect(rowsLeft <= 1, "closed: \(isClosed)")
        }
    }

    @Test func `an old copy of the wrapped key does not open under the new shard key`() throws {
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        try hard.close()
        let select = "SELECT kind || ' ' || hex(key) || ' ' || hex(value) FROM items"
        let old = try hard.column(hard.guardPath, select + " WHERE kind IN (3, 4, 6, 9, 15, 16)")
        let before = try HardVault(copying: hard)
        try hard.reopen()
        try erase("a")
        try hard.close()
        for row in old {
            let parts = row.split(separator: " ", omittingEmptySubsequences: false)
            try hard.alter(
                hard.guardPath,
                "INSERT OR REPLACE INTO items VALUES (\(parts[0]), x'\(parts[1])', x'\(parts[2])')"
            )
        }
        // The old rows too, as from an old copy of the records' file.
        try FileManager.default.removeItem(atPath: hard.recordPath)
        try FileManager.default.copyItem(atPath: before.recordPath, toPath: hard.recordPath)
        do {
            try hard.reopen()
            #expect(try hard.problems() != [])
            #expect(throws: (any Error).self) { try hard.everything(of: "a", by: patient) }
        } catch {}
        // What is not promised: the whole old folder still opens.
        try before.reopen()
        #expect(try before.everything(of: "a", by: patient).count >= 2)
    }

    @Test func `an open breach case holds it back, a drill and a closed case do not`() throws {
        for (isDrill, isClosed) in [(false, false), (true, false), (false, true)] {
            let hard = try HardVault()
            try hard.take([Small.patient("a")])
            let one = try hard.register("one", Requester(kind: .privacyOfficer))
            let two = try hard.register("two", Requester(kind: .securityOfficer))
            var previous = String(repeating: "0", count: 64)
            let steps = [("ready", "report", "reported"), ("reported", "close", "closed")]
            for (number, step) in steps.prefix(isClosed ? 2 : 1).enumerated() {
                let record: JSONValue = [
                    "type": "incident", "v": 1, "incident": "case-1", "drill": .bool(isDrill),
                    "record": .int(Int64(number)), "previous": .string(previous),
                    "from": .string(step.0), "event": .string(step.1), "to": .string(step.2),
                    "time": .string(hard.clock.now().description),
                    "by": [["principal": "one", "roles": ["reporter"]]],
                ]
                _ = try hard.vault.guard.recordIncident(
                    record,
                    by: [try hard.signed(one, GuardCore.incidentBody(record))],
                    context: CallContext()
                )
                previous = TreeHasher.leafHash(record.bytes).description
            }
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
            if isDrill || isClosed {
                _ = try erase()
            } else {
                #expect(throws: GuardError.heldBack(reason: "a breach case is open")) {
                    try erase()
                }
            }
            // The steps are bare: only the Guard's own chain of them is asked here.
            #expect(try hard.vault.guard.audit().problems == [])
        }
    }

    @Test func `the log keeps who read what of an erased patient`() throws {
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        _ = try hard.request(patient, "a", "PATRQT")
        try erase("a")
        var query = LogQuery()
        query.patient = PatientDesignation("a")
        let entries = try hard.vault.guard.entries(query, by: try hard.session(one))
        #expect(entries.contains { $0.kind == "decision" && $0["actor"] == "self" })
        #expect(entries.contains { $0["action"] == "erase" })
    }
}
