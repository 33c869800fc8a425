import Foundation
import Records
import Testing
import VaultCore
import VaultTestSupport

@Suite struct IntegrityTests {
    /// Three patients, a superseded version, a tombstone and a large row.
    private func filled() throws -> (StoreFixture, [SealedRow]) {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        var rows: [SealedRow] = []
        for patient in 1...3 {
            for number in 0..<20 {
                rows.append(
                    fixture.row(
                        try StoreFixture.header(
                            patient: patient,
                            number: Int64(number),
                            segment: number % 3,
                            logIndex: 7
                        ),
                        byteCount: number == 4 ? 40_000 : nil
                    )
                )
            }
        }
        rows.append(
            fixture.row(try StoreFixture.header(patient: 2, number: 5, version: 2, segment: 2))
        )
        rows.append(
            fixture.row(
                try StoreFixture.header(
                    patient: 2,
                    number: 6,
                    version: 2,
                    segment: 0,
                    isDeleted: true
                )
            )
        )
        try store.write { writer in for row in rows { try writer.insert(row) } }
        #expect(try store.integrityCheck() == [])
        try store.close()
        return (fixture, rows)
    }

    @Test(arguments: [
        ("DELETE FROM record_version WHERE number = 3", IntegrityProblem.Kind.number),
        ("DELETE FROM record_version WHERE number = 5 AND version = 2", .version),
        ("DELETE FROM record_version WHERE number = 5 AND version = 1", .number),
        ("DELETE FROM record_version WHERE key >> 28 = 1", .patient),
        ("DELETE FROM patient WHERE ordinal = 2", .patient),
        ("UPDATE patient SET ordinal = 9 WHERE ordinal = 3", .patient),
        ("UPDATE patient SET records = 19 WHERE ordinal = 3", .number),
        ("UPDATE patient SET pseudonym = x'00' WHERE ordinal = 3", .value),
        ("UPDATE patient SET segments = zeroblob(48) WHERE ordinal = 3", .segment),
        ("UPDATE patient SET segments = x'0102' WHERE ordinal = 3", .segment),
        (
            """
            UPDATE patient SET segments = CAST(segments || randomblob(16) AS BLOB)
            WHERE ordinal = 3
            """, .segment
        ),
        (
            """
            UPDATE patient SET segments = CAST(substr(segments, 1, 16) || segments AS BLOB)
            WHERE ordinal = 3
            """, .segment
        ),
        ("UPDATE record_version SET segment = 77 WHERE number = 1", .segment),
        ("UPDATE record_version SET segment = -1 WHERE number = 1", .segment),
        ("UPDATE record_version SET state = 0 WHERE number = 1", .version),
        ("UPDATE record_version SET state = 1 WHERE number = 5", .version),
        ("UPDATE record_version SET state = 5 WHERE number = 1", .value),
        ("UPDATE record_version SET state = -1 WHERE number = 1", .value),
        ("UPDATE record_version SET version = 4294967296 WHERE number = 1", .value),
        ("UPDATE record_version SET version = 0 WHERE number = 1", .value),
        ("UPDATE record_version SET version = 2 WHERE number = 5 AND version = 1", .version),
        ("UPDATE record_version SET number = 19 WHERE number = 18", .version),
        ("UPDATE record_version SET number = 25 WHERE number = 19", .number),
        ("UPDATE record_version SET number = 9223372036854775807 WHERE number = 19", .number),
        ("UPDATE record_version SET tag_low = 1 WHERE number = 5 AND version = 2", .record),
        ("UPDATE record_version SET tag_low = 1, tag_high = 2 WHERE number IN (1, 2)", .record),
        ("CREATE VIEW v AS SELECT 1", .layout),
        ("PRAGMA application_id = 3", .layout),
    ])
    func `an altered store is reported`(sql: String, kind: IntegrityProblem.Kind) throws {
        let (fixture, _) = try filled()
        // Opened first: what `open` refuses by itself is another test's.
        let store = try fixture.open()
        try fixture.alter(sql)
        let problems = try store.integrityCheck()
        let kinds = Set(problems.map(\.kind))
        #expect(kinds.contains(kind), "\(sql): \(problems)")
        #expect(problems.count <= IntegrityProblem.limit)
    }

    @Test func `reading a row with a wrong segment, state or version fails closed`() throws {
        let table = [
            "UPDATE record_version SET segment = 77", "UPDATE record_version SET segment = -1",
            "UPDATE patient SET segments = x'00'", "UPDATE patient SET segments = zeroblob(48)",
            "UPDATE patient SET segments = x''", "UPDATE record_version SET version = 0",
            "UPDATE record_version SET version = 1 << 40", "UPDATE record_version SET state = 9",
        ]
        for sql in table {
            let (fixture, rows) = try filled()
            let store = try fixture.open()
            try fixture.alter(sql)
            let header = rows[0].header
            #expect(throws: RecordsError.damaged, "\(sql)") {
                try store.rows(of: header.patient, versions: .all)
            }
            #expect(throws: RecordsError.damaged, "\(sql)") { try store.everything() }
            #expect(throws: RecordsError.damaged, "\(sql)") {
                try store.row(header.record, version: nil)
            }
        }
    }

    @Test func `a byte altered in a row is for the seal to find, in its place`() throws {
        let (fixture, rows) = try filled()
        var file = try fixture.fileBytes()
        let range = try #require(file.range(of: Data(rows[7].sealed)))
        file[range.lowerBound + 9] ^= 1
        try file.write(to: URL(filePath: fixture.path))
        let store = try fixture.open()
        var expected = rows[7]
        expected.sealed[9] ^= 1
        #expect(try store.row(expected.header.record, version: nil) == expected)
        #expect(try store.integrityCheck() == [])
    }

    @Test func `pages overwritten with noise are reported or refused`() throws {
        let (fixture, _) = try filled()
        let file = try fixture.fileBytes()
        let pageCount = file.count / 8_192
        for page in 0..<pageCount {
            var damaged = file
            let start = page * 8_192
            damaged.replaceSubrange(start..<start + 64, with: fixture.random.bytes(64))
            try damaged.write(to: URL(filePath: fixture.path))
            do {
                let store = try fixture.open()
                let problems = try store.integrityCheck()
                // An overflow page begins with a pointer, which noise breaks as well.
                #expect(!problems.isEmpty, "page \(page)")
                try? store.close()
            } catch let error as RecordsError {
                #expect(error.kind == .integrity, "page \(page): \(error)")
            }
        }
    }

    @Test func `every byte that is altered is reported, refused, or seen by who reads the row`()
        throws
    {
        let (fixture, _) = try filled()
        let file = try fixture.fileBytes()
        let store = try fixture.open()
        let before = try store.everything()
        let patients = try store.patients().map(\.patient)
        try store.close()
        var unseen = 0
        for _ in 0..<300 {
            var damaged = file
            let place = Int.random(in: 0..<file.count, using: &fixture.random)
            damaged[place] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &fixture.random)
            try damaged.write(to: URL(filePath: fixture.path))
            do {
                let store = try fixture.open()
                let problems = try store.integrityCheck()
                if problems.isEmpty {
                    let after = try store.everything()
                    if after == before {
                        // A byte that nothing reads: no other way of reading may differ either.
                        unseen += 1
                        for patient in patients {
                            let rows = before.filter { $0.header.patient == patient }
                            let found = try store.rows(of: patient, versions: .all)
                            #expect(Set(found) == Set(rows), "byte \(place)")
                        }
                        for row in before {
                            let found = try store.row(
                                row.header.record,
                                version: row.header.version
                            )
                            if found != row { Issue.record("byte \(place)") }
                        }
                    }
                }
                try? store.close()
            } catch let error as RecordsError {
                #expect(error.kind == .integrity || error.kind == .badInput, "\(place): \(error)")
            }
        }
        // Free room inside pages and the unused part of the file header.
        #expect(unseen < 150, "\(unseen)")
    }
}
