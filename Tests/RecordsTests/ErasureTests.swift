import Foundation
import Records
import Testing
import VaultCore

@Suite struct ErasureTests {
    @Test func `erasing a patient leaves no byte of the rows in any file`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let rows = try (0..<400).map {
            fixture.row(
                try StoreFixture.header(patient: Int($0 % 2), number: $0 / 2),
                byteCount: $0 % 100 == 0 ? 30_000 : 400
            )
        }
        try store.write { writer in for row in rows { try writer.insert(row) } }
        let erased = rows[0].header.patient
        #expect(try store.erase(erased) == 200)
        #expect(try store.erase(erased) == 0)
        #expect(try store.rows(of: erased, versions: .all).isEmpty)
        #expect(try store.row(rows[0].header.record, version: nil) == nil)
        #expect(try store.counts() == StoreCounts(patients: 1, records: 200, versions: 200))
        #expect(try store.integrityCheck() == [])
        for suffix in ["", "-wal"] {
            let bytes = try fixture.fileBytes(suffix)
            let left = rows.filter {
                $0.header.patient == erased && bytes.range(of: Data($0.sealed.suffix(64))) != nil
            }
            #expect(left.isEmpty, "\(suffix)")
        }
        let before = try fixture.fileBytes().count
        try store.compact()
        #expect(try fixture.fileBytes().count < before)
        #expect(try store.everything().count == 200)
        // A patient who comes back starts from nothing.
        try store.write { try $0.insert(rows[0]) }
        #expect(try store.rows(of: erased) == [rows[0]])
    }
}
