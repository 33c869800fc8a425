import Foundation
import Records
import Testing
import VaultCore

@Suite struct WritingTests {
    @Test func `what was written is read back in every way`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let rows = try (0..<300).map { index in
            fixture.row(
                try StoreFixture.header(
                    patient: index % 3,
                    number: Int64(index / 3),
                    segment: index % 5,
                    epoch: index / 100,
                    logIndex: Int64(index) << 20
                ),
                byteCount: [1, 72, 500, 9_000, 70_000][index % 5]
            )
        }
        try store.write { writer in for row in rows { try writer.insert(row) } }
        for patient in 0..<3 {
            let tag: PatientPseudonym = try StoreFixture.tag(1_000 + patient)
            let own = rows.filter { $0.header.patient == tag }
            #expect(try store.rows(of: tag) == own)
            #expect(try store.rows(of: tag, versions: .all) == own)
            for segment in 0..<6 {
                let wanted: Set<SegmentTag> = [try StoreFixture.tag(2_000 + segment)]
                let found = try store.rows(of: tag, segments: wanted)
                #expect(found == own.filter { wanted.contains($0.header.segment) })
            }
            #expect(try store.rows(of: tag, segments: []).isEmpty)
            #expect(try store.recordCount(of: tag) == 100)
        }
        let misses = try rows.filter { try store.row($0.header.record, version: nil) != $0 }
        #expect(misses.isEmpty)
        #expect(try store.row(StoreFixture.tag(987_654_321), version: nil) == nil)
        #expect(try store.rows(of: StoreFixture.tag(987_654_321)).isEmpty)
        #expect(try store.counts() == counts(patients: 3, records: 300, versions: 300))
        #expect(try store.integrityCheck() == [])
        try store.close()
        let reopened = try fixture.open()
        let sorted = rows.sorted {
            ($0.header.patient, $0.header.number) < ($1.header.patient, $1.header.number)
        }
        let everything = try reopened.everything()
        #expect(
            everything.sorted {
                ($0.header.patient, $0.header.number) < ($1.header.patient, $1.header.number)
            } == sorted
        )
        #expect(try reopened.patients().map(\.records) == [100, 100, 100])
    }

    @Test func `a tag that shares its first half with another is told apart`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        var bytes = [UInt8](repeating: 0xFF, count: 16)
        var rows: [SealedRow] = []
        for number in 0..<3 {
            bytes[15] = UInt8(number)
            var header = try StoreFixture.header(patient: 1, number: Int64(number))
            header.record = try #require(RecordTag(bytes: bytes))
            rows.append(fixture.row(header))
        }
        try store.write { writer in for row in rows { try writer.insert(row) } }
        for row in rows { #expect(try store.row(row.header.record, version: 1) == row) }
        bytes[15] = 9
        let unknown = try #require(RecordTag(bytes: bytes))
        #expect(try store.row(unknown, version: nil) == nil)
        #expect(try store.integrityCheck() == [])
    }

    @Test func `a new version supersedes and a tombstone hides`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        var rows: [SealedRow] = []
        for version in 1...3 as ClosedRange<UInt32> {
            let header = try StoreFixture.header(
                patient: 1,
                number: 0,
                version: version,
                segment: Int(version),
                isDeleted: version == 3
            )
            rows.append(fixture.row(header))
        }
        let patient = rows[0].header.patient
        let record = rows[0].header.record
        try store.write { try $0.insert(rows[0]) }
        try store.write { writer in
            #expect(try writer.newest(record)?.version == 1)
            try writer.insert(rows[1])
            #expect(try writer.newest(record)?.version == 2)
        }
        #expect(try store.rows(of: patient) == [rows[1]])
        #expect(try store.row(record, version: nil) == rows[1])
        try store.write { try $0.insert(rows[2]) }
        #expect(try store.rows(of: patient).isEmpty)
        #expect(try store.row(record, version: nil) == rows[2])
        rows[0].isCurrent = false
        rows[1].isCurrent = false
        #expect(try store.row(record, version: 1) == rows[0])
        #expect(try store.row(record, version: 4) == nil)
        #expect(try store.history(of: record) == rows.reversed())
        #expect(try store.rows(of: patient, versions: .all) == rows)
        #expect(try store.counts() == counts(patients: 1, records: 1, versions: 3))
        #expect(try store.integrityCheck() == [])
    }

    @Test func `a version or number out of turn is refused and leaves nothing`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let first = fixture.row(try StoreFixture.header(patient: 1, number: 0))
        try store.write { try $0.insert(first) }
        let zero = try #require(SegmentTag(bytes: [UInt8](repeating: 0, count: 16)))
        var reserved = try StoreFixture.header(patient: 1, number: 1)
        reserved.segment = zero
        let table: [(RowHeader, RecordsError)] = [
            (first.header, .versionConflict(expected: 2)),
            (
                try StoreFixture.header(patient: 1, number: 0, version: 3),
                .versionConflict(expected: 2)
            ),
            (
                try StoreFixture.header(patient: 1, number: 1, version: 2),
                .versionConflict(expected: 1)
            ),
            (
                try StoreFixture.header(patient: 1, number: 1, version: 0),
                .versionConflict(expected: 1)
            ),
            (try StoreFixture.header(patient: 1, number: 2), .numberConflict(expected: 1)),
            (try StoreFixture.header(patient: 2, number: 1), .numberConflict(expected: 0)),
            (
                try StoreFixture.header(
                    patient: 1,
                    number: 1,
                    version: 2,
                    record: 1_000_000
                ),
                .numberConflict(expected: 0)
            ),
            (
                try StoreFixture.header(
                    patient: 2,
                    number: 0,
                    version: 2,
                    record: 1_000_000
                ),
                .recordOfAnotherPatient
            ),
            (reserved, .reservedTag),
        ]
        for (header, error) in table {
            let row = fixture.row(header)
            #expect(throws: error) { try store.write { try $0.insert(row) } }
            // Caught inside, it must not leave a patient without rows either.
            try store.write { writer in
                #expect(throws: error) { try writer.insert(row) }
            }
        }
        let unknown = fixture.row(try StoreFixture.header(patient: 1, number: 1))
        let stranger = fixture.row(try StoreFixture.header(patient: 3, number: 0))
        var marked = first
        marked.header.isDeleted = true
        for row in [unknown, stranger, marked] {
            #expect(throws: RecordsError.noSuchRow) { try store.write { try $0.reseal(row) } }
        }
        let unreserved = fixture.row(reserved)
        #expect(throws: RecordsError.reservedTag) {
            try store.write { try $0.reseal(unreserved) }
        }
        #expect(try store.everything() == [first])
        #expect(try store.integrityCheck() == [])
    }

    @Test func `an error in the body undoes the transaction`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let rows = try (0..<50).map {
            fixture.row(try StoreFixture.header(patient: 1, number: $0))
        }
        #expect(throws: StoreFixture.Failed.self) {
            try store.write { writer in
                for row in rows { try writer.insert(row) }
                throw StoreFixture.Failed()
            }
        }
        #expect(try store.counts() == counts(patients: 0, records: 0, versions: 0))
        let count = try store.write { writer in
            for row in rows { try writer.insert(row) }
            return try writer.recordCount(of: rows[0].header.patient)
        }
        #expect(count == 50)
        #expect(try store.everything() == rows)
    }

    @Test func `resealing replaces a version in place and forgets unused segments`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let old = fixture.row(try StoreFixture.header(patient: 1, number: 0, segment: 1))
        let other = fixture.row(try StoreFixture.header(patient: 1, number: 1, segment: 2))
        let new = fixture.row(
            try StoreFixture.header(
                patient: 1,
                number: 0,
                segment: 3,
                epoch: 9,
                logIndex: 12
            ),
            byteCount: 20_000
        )
        let patient = old.header.patient
        try store.write { writer in
            try writer.insert(old)
            try writer.insert(other)
        }
        try store.write { try $0.reseal(new) }
        #expect(try store.rows(of: patient) == [new, other])
        #expect(try store.rows(of: patient, segments: [old.header.segment]).isEmpty)
        #expect(try store.rows(of: patient, segments: [new.header.segment]) == [new])
        #expect(try store.integrityCheck() == [])
        // The freed place is used again.
        let third = fixture.row(try StoreFixture.header(patient: 1, number: 2, segment: 4))
        try store.write { try $0.insert(third) }
        #expect(try store.rows(of: patient) == [new, other, third])
        #expect(try store.integrityCheck() == [])
        // A whole patient under new segments, as a rotated key gives.
        let rotated = [new, other, third].map { row in
            var row = row
            row.header.segment = new.header.segment
            row.sealed.reverse()
            return row
        }
        try store.write { writer in for row in rotated { try writer.reseal(row) } }
        #expect(try store.rows(of: patient) == rotated)
        #expect(try store.integrityCheck() == [])
    }

    @Test func `a record may move to another patient only over a tombstone`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let first = fixture.row(try StoreFixture.header(patient: 1, number: 0, record: 5))
        let gone = fixture.row(
            try StoreFixture.header(
                patient: 1,
                number: 0,
                version: 2,
                record: 5,
                isDeleted: true
            )
        )
        let moved = fixture.row(
            try StoreFixture.header(patient: 2, number: 0, version: 3, record: 5)
        )
        try store.write { try $0.insert(first) }
        #expect(throws: RecordsError.recordOfAnotherPatient) {
            try store.write { try $0.insert(moved) }
        }
        try store.write { writer in
            try writer.insert(gone)
            try writer.insert(moved)
            #expect(try writer.newest(moved.header.record)?.patient == moved.header.patient)
        }
        #expect(try store.row(moved.header.record, version: nil) == moved)
        #expect(try store.rows(of: first.header.patient).isEmpty)
        #expect(try store.history(of: moved.header.record).map(\.header.version) == [3, 2, 1])
        #expect(try store.integrityCheck() == [])
    }

    private func counts(patients: Int, records: Int, versions: Int) -> StoreCounts {
        StoreCounts(patients: patients, records: records, versions: versions)
    }
}
