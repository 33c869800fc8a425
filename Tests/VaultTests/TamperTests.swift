import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// What somebody with the disk and without the keys can do, and that `verify` finds it.
struct TamperTests {
    /// A closed vault with a bit of everything, and a way to read all of it.
    private struct Subject {
        let hard: HardVault
        let patient: PrincipalID
        let officer: PrincipalID

        init() throws {
            hard = try HardVault()
            try hard.take([
                Small.practitioner, Small.patient("a"), Small.patient("b"),
                Small.condition("c1", of: "a"), Small.claim("k1", of: "a", condition: "c2"),
            ])
            patient = try hard.register(
                "self",
                Requester(kind: .patient, references: ["Patient/a"])
            )
            officer = try hard.register("officer", Requester(kind: .privacyOfficer))
            let clinician = try hard.register(
                "doctor",
                Requester(kind: .clinician, references: ["Practitioner/gp"])
            )
            try hard.take([Small.condition("c2", of: "a", code: "F32.9")])
            try hard.take([Small.condition("c1", of: "a", code: "E11.9")])
            _ = try hard.request(clinician, "a", "TREAT")
            _ = try hard.vault.restrict(
                .id(try #require(FHIRID("a"))),
                RestrictionStatement(kind: .blockedPerson, person: "Practitioner/x"),
                by: try hard.session(patient),
                context: CallContext()
            )
            #expect(try hard.problems() == [])
            try hard.close()
        }

        /// What a copy answers to every question; what differs from the truth must be reported.
        func reading(_ copy: HardVault) throws -> [String] {
            var lines = try copy.everything(of: "a", by: patient).map { "\($0.key) \($0.value)" }
            let caller = try copy.session(officer)
            let end = try copy.vault.guard.status().logSize
            for entry in try copy.vault.guard.entries(LogQuery(), by: caller)
            where entry.index < end - 2 {
                lines.append("\(entry.index) \(entry.header) \(entry.parts.map(\.body))")
            }
            for principal in try copy.vault.guard.principals() { lines.append("\(principal)") }
            lines.append(
                "\(try copy.vault.guard.statements(of: .id(try #require(FHIRID("a"))), by: caller, context: CallContext()))"
            )
            lines.append(
                "\(try copy.vault.guard.find(FindQuery(name: "Example"), by: caller).patients)"
            )
            return lines.sorted()
        }
    }

    private enum Finding: Hashable { case refused, reported, unread, missed(Int) }

    private func flip(_ path: (HardVault) -> String, dense: Int) throws -> [Finding: Int] {
        let subject = try Subject()
        let truth: [String]
        do {
            let copy = try HardVault(copying: subject.hard)
            try copy.reopen()
            truth = try subject.reading(copy)
        }
        let bytes = try Data(contentsOf: URL(filePath: path(subject.hard)))
        var random = SeededRandom.forTest()
        var findings: [Finding: Int] = [:]
        let isLong = ProcessInfo.processInfo.environment["VAULT_LONG_TESTS"] == "1"
        let step = isLong ? 7 : bytes.count / dense
        for start in stride(from: 0, to: bytes.count, by: step) {
            let place = min(start + Int.random(in: 0..<step, using: &random), bytes.count - 1)
            let copy = try HardVault(copying: subject.hard)
            var damaged = bytes
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try damaged.write(to: URL(filePath: path(copy)))
            let finding: Finding
            do {
                try copy.reopen()
                if try copy.problems() != [] {
                    finding = .reported
                } else {
                    finding = try subject.reading(copy) == truth ? .unread : .missed(place)
                }
            } catch { finding = .refused }
            findings[finding, default: 0] += 1
            if case .missed = finding { Issue.record("flip at \(place) was missed") }
        }
        return findings
    }

    @Test func `a vault that is checked share by share shows the same problems`() throws {
        let subject = try Subject()
        let bytes = try Data(contentsOf: URL(filePath: subject.hard.recordPath))
        var random = SeededRandom.forTest()
        var compared = 0
        for damage in [false, true, true, true, true, true, true] {
            let copy = try HardVault(copying: subject.hard)
            if damage {
                var damaged = bytes
                damaged[Int.random(in: bytes.indices, using: &random)] ^= 1
                try damaged.write(to: URL(filePath: copy.recordPath))
            }
            do {
                try copy.reopen()
                let whole = try copy.vault.verify(versionsAtOnce: .max)
                let parted = try copy.vault.verify(versionsAtOnce: 1)
                #expect(Set(whole.problems) == Set(parted.problems))
                #expect(whole.versions == parted.versions)
                #expect(damage || parted.problems.isEmpty)
                compared += 1
            } catch is any Failure {
                #expect(damage)
            }
        }
        #expect(compared >= 1)
    }

    @Test func `a flipped bit of the Guard's file is refused, reported, or in bytes nobody reads`()
        throws
    {
        let findings = try flip(\.guardPath, dense: 60)
        #expect(findings[.refused, default: 0] + findings[.reported, default: 0] > 10)
        print("guard.sqlite", findings)
    }

    @Test func `a flipped bit of the records' file is refused, reported, or in bytes nobody reads`()
        throws
    {
        let findings = try flip(\.recordPath, dense: 100)
        #expect(findings[.refused, default: 0] + findings[.reported, default: 0] > 2)
        print("records.sqlite", findings)
    }

    /// Statements on the Guard's file, each of which must be found.
    private static let guardStatements = [
        "DELETE FROM entries WHERE idx = 5",
        "DELETE FROM entries WHERE idx = (SELECT max(idx) FROM entries)",
        "DELETE FROM entries WHERE idx > 4",
        """
        DELETE FROM entries WHERE idx >= (SELECT max(idx) FROM entries);
        DELETE FROM checkpoint
        """,
        "UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE idx = 6) WHERE idx = 7",
        """
        UPDATE entries SET idx = -1 WHERE idx = 5; UPDATE entries SET idx = 5 WHERE idx = 6;
        UPDATE entries SET idx = 6 WHERE idx = -1
        """,
        "UPDATE entries SET bytes = zeroblob(length(bytes)) WHERE idx = 3",
        "DELETE FROM nodes WHERE idx = (SELECT idx FROM nodes LIMIT 1 OFFSET 4)",
        "UPDATE nodes SET hash = randomblob(32) WHERE idx = (SELECT idx FROM nodes LIMIT 1 OFFSET 3)",
        "DELETE FROM nodes",
        "UPDATE checkpoint SET note = replace(note, 'patientvault', 'patientvauld')",
        """
        INSERT INTO entries SELECT max(idx) + 1, (SELECT bytes FROM entries WHERE idx = 4)
        FROM entries
        """,
        "DELETE FROM items WHERE kind = 14 AND key = (SELECT key FROM items WHERE kind = 14 LIMIT 1)",
    ]

    @Test func `rows of the log that are deleted, swapped, cut off or added are found`() throws {
        let subject = try Subject()
        for sql in Self.guardStatements {
            let copy = try HardVault(copying: subject.hard)
            try copy.alter(copy.guardPath, sql)
            let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
            #expect(isFound, "\(sql)")
        }
    }

    @Test func `every item of the Guard's state that is deleted or altered is found`() throws {
        let subject = try Subject()
        let rows = try subject.hard.column(
            subject.hard.guardPath,
            "SELECT kind || ' ' || hex(key) FROM items"
        )
        #expect(rows.count > 20)
        for row in rows {
            let parts = row.split(separator: " ", omittingEmptySubsequences: false)
            let place = "kind = \(parts[0]) AND key = x'\(parts[1])'"
            for sql in [
                "DELETE FROM items WHERE \(place)",
                """
                UPDATE items SET value = CAST(substr(value, 1, length(value) - 1)
                || (CASE substr(value, -1) WHEN x'00' THEN x'01' ELSE x'00' END) AS BLOB) WHERE \(place)
                """,
            ] {
                let copy = try HardVault(copying: subject.hard)
                try copy.alter(copy.guardPath, sql)
                let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
                #expect(isFound, "\(sql)")
            }
        }
    }

    @Test func `an item moved to another place is found`() throws {
        let subject = try Subject()
        for kind in [2, 3, 4, 6, 7, 8, 9, 15, 16] {
            let copy = try HardVault(copying: subject.hard)
            try copy.alter(
                copy.guardPath,
                """
                UPDATE items SET value = (SELECT value FROM items WHERE kind = \(kind)
                ORDER BY key DESC LIMIT 1) WHERE kind = \(kind) AND key =
                (SELECT key FROM items WHERE kind = \(kind) ORDER BY key LIMIT 1)
                """
            )
            let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
            let count = try subject.hard.column(
                subject.hard.guardPath,
                "SELECT count(*) FROM items WHERE kind = \(kind)"
            )
            #expect(isFound || count == ["1"] || count == ["0"], "kind \(kind)")
        }
    }

    @Test func `an older value of any item is found`() throws {
        let subject = try Subject()
        let old = try HardVault(copying: subject.hard)
        try subject.hard.reopen()
        try subject.hard.take([Small.condition("c3", of: "a", code: "B20")])
        try subject.hard.take([Small.patient("a", family: "Renamed")])
        _ = try subject.hard.vault.restrict(
            .id(try #require(FHIRID("a"))),
            RestrictionStatement(kind: .notEvenInAnEmergency),
            by: try subject.hard.session(subject.patient),
            context: CallContext()
        )
        try subject.hard.vault.guard.disable(
            subject.officer,
            by: .operator,
            context: CallContext()
        )
        try subject.hard.close()
        let select = "SELECT kind || ' ' || hex(key) || ' ' || hex(value) FROM items"
        let before = Set(try old.column(old.guardPath, select))
        let after = Set(try subject.hard.column(subject.hard.guardPath, select))
        let changed = before.subtracting(after)
        #expect(changed.count >= 6)
        for row in changed {
            let parts = row.split(separator: " ", omittingEmptySubsequences: false)
            let copy = try HardVault(copying: subject.hard)
            try copy.alter(
                copy.guardPath,
                "INSERT OR REPLACE INTO items VALUES (\(parts[0]), x'\(parts[1])', x'\(parts[2])')"
            )
            let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
            // A bucket of the index whose members are the same is sealed anew all the same.
            #expect(isFound || parts[0] == "8", "kind \(parts[0])")
        }
    }

    @Test func `the mark of a finished write that is put back brings no old facts back`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a"), Small.condition("c1", of: "a")])
        // A crash between rows and `stored` leaves the mark on disk; an attacker keeps a copy of it.
        hard.guardFaults.fail(after: 1)
        #expect(throws: Faults.Broken.self) {
            try hard.take([Small.condition("c1", of: "a", code: "E11.9")])
        }
        hard.guardFaults.fail(after: nil)
        hard.drop()
        let mark = try hard.column(
            hard.guardPath,
            "SELECT hex(key) || ' ' || hex(value) FROM items WHERE kind = 10"
        )
        try #require(mark.count == 1)
        try hard.reopen()
        #expect(try hard.problems() == [])
        try hard.take([Small.condition("c1", of: "a", code: "J45.909")])
        try hard.close()
        let parts = mark[0].split(separator: " ")
        try hard.alter(
            hard.guardPath,
            "INSERT INTO items VALUES (10, x'\(parts[0])', x'\(parts[1])')"
        )
        #expect(throws: GuardError.damagedState) { try hard.reopen() }
    }

    @Test func `rows of records that are deleted, altered, moved or set back are found`() throws {
        let subject = try Subject()
        let statements = [
            "DELETE FROM record_version WHERE key = (SELECT max(key) FROM record_version)",
            "DELETE FROM record_version WHERE version = 2",
            "UPDATE record_version SET sealed = randomblob(length(sealed)) WHERE version = 2",
            "UPDATE record_version SET version = 3 WHERE version = 2",
            "UPDATE record_version SET log = log + 1 WHERE version = 2",
            "UPDATE record_version SET segment = 1 - segment WHERE segment < 2",
            "UPDATE record_version SET epoch_low = epoch_low + 1 WHERE version = 2",
            "UPDATE record_version SET tag_low = tag_low + 1 WHERE version = 2",
            """
            DELETE FROM record_version WHERE version = 2;
            UPDATE record_version SET state = state | 1 WHERE version = 1
            """,
            "UPDATE patient SET records = records + 1",
            "UPDATE patient SET pseudonym = randomblob(16) WHERE ordinal = 2",
            "DELETE FROM patient WHERE ordinal = 1",
        ]
        for sql in statements {
            let copy = try HardVault(copying: subject.hard)
            try copy.alter(copy.recordPath, sql)
            let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
            #expect(isFound, "\(sql)")
        }
    }

    @Test func `an older copy of one of the two files, or of both beside a checkpoint, is found`()
        throws
    {
        let subject = try Subject()
        let old = try HardVault(copying: subject.hard)
        try subject.hard.reopen()
        try subject.hard.take([Small.condition("c1", of: "a", code: "J45.909")])
        let seen = try subject.hard.vault.guard.checkpoint()
        try subject.hard.close()
        for name in ["guard.sqlite", "records.sqlite"] {
            let copy = try HardVault(copying: subject.hard)
            let target = copy.folder.appending(path: name)
            try FileManager.default.removeItem(at: target)
            try FileManager.default.copyItem(at: old.folder.appending(path: name), to: target)
            let isFound = (try? copy.reopen()) == nil || (try? copy.problems()) != []
            #expect(isFound, "\(name)")
        }
        do {
            try old.reopen(witnessed: seen)
            Issue.record("a log shorter than the witnessed one was opened")
        } catch GuardError.logRolledBack(let size, let witnessed) { #expect(size < witnessed) }
    }

    @Test func `a checkpoint of another log, another key or with another root is refused`() throws {
        let subject = try Subject()
        let other = try Subject()
        try other.hard.reopen()
        let foreign = try other.hard.vault.guard.checkpoint()
        #expect(throws: (any Error).self) { try subject.hard.reopen(witnessed: foreign) }
        #expect(throws: (any Error).self) { try subject.hard.reopen(witnessed: "no note") }
        #expect(throws: (any Error).self) { try subject.hard.reopen(witnessed: "") }
        // A branch: the same beginning, another end, of the same size.
        try subject.hard.reopen()
        try subject.hard.close()
        let branch = try HardVault(copying: subject.hard)
        try branch.reopen()
        try branch.take([Small.patient("x")])
        let seen = try branch.vault.guard.checkpoint()
        try subject.hard.reopen()
        try subject.hard.take([Small.patient("y")])
        try subject.hard.close()
        #expect(throws: GuardError.damagedState) { try subject.hard.reopen(witnessed: seen) }
        try branch.close()
        try branch.reopen(witnessed: seen)
    }
}
