import Records
import Testing
import VaultCore

@Suite struct RowHeaderTests {
    @Test func `the committed bytes have the layout that the log relies on`() throws {
        let header = RowHeader(
            patient: try #require(PatientPseudonym(bytes: [UInt8](repeating: 0xAA, count: 16))),
            number: 0x0102_0304_0506_0708,
            version: 0x0A0B_0C0D,
            segment: try #require(SegmentTag(bytes: [UInt8](repeating: 0xCC, count: 16))),
            record: try #require(RecordTag(bytes: [UInt8](repeating: 0xBB, count: 16))),
            epoch: try #require(Epoch(bytes: [UInt8](repeating: 0xDD, count: 16))),
            logIndex: 99,
            isDeleted: true
        )
        var bytes: [UInt8] = [7]
        header.appendCommittedBytes(to: &bytes)
        let expected =
            "07" + String(repeating: "aa", count: 16) + String(repeating: "bb", count: 16)
            + String(repeating: "cc", count: 16) + String(repeating: "dd", count: 16)
            + "01020304050607080a0b0c0d01"
        #expect(Hex.encode(bytes) == expected)
        #expect(bytes.count == 1 + RowHeader.committedByteCount)
        var other = header
        other.logIndex = 100
        var again: [UInt8] = [7]
        other.appendCommittedBytes(to: &again)
        #expect(again == bytes)
    }

    @Test func `an error in a reading closure ends the read and leaves the store usable`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let rows = try (0..<5).map {
            fixture.row(try StoreFixture.header(patient: 1, number: $0))
        }
        try store.write { writer in for row in rows { try writer.insert(row) } }
        let patient = rows[0].header.patient
        for _ in 0..<10 {
            var seen = 0
            #expect(throws: StoreFixture.Failed.self) {
                try store.forEachRow(of: patient, segments: nil, versions: .current) { _ in
                    seen += 1
                    if seen == 2 { throw StoreFixture.Failed() }
                }
            }
            #expect(seen == 2)
            #expect(throws: StoreFixture.Failed.self) {
                try store.forEachVersion { _ in throw StoreFixture.Failed() }
            }
        }
        #expect(try store.rows(of: patient) == rows)
        // No reader holds an old state: the log can be emptied.
        try store.erase(patient)
        #expect(try fixture.fileBytes("-wal").isEmpty)
    }
}
