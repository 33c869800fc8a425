import Records
import Testing
import VaultCore
import VaultTestSupport

/// The store against a plain list of rows, over random histories.
@Suite struct DifferentialTests {
    private struct Model {
        var rows: [SealedRow] = []

        func newest(_ record: RecordTag) -> SealedRow? {
            rows.filter { $0.header.record == record }.max { $0.header.version < $1.header.version }
        }

        func recordCount(_ patient: PatientPseudonym) -> Int64 {
            Int64(
                Set(rows.filter { $0.header.patient == patient }.map(\.header.record)).count
            )
        }

        mutating func insert(_ row: SealedRow) {
            for index in rows.indices
            where rows[index].header.record == row.header.record {
                rows[index].isCurrent = false
            }
            rows.append(row)
        }

        mutating func replace(_ row: SealedRow) {
            for index in rows.indices
            where rows[index].header.record == row.header.record
                && rows[index].header.version == row.header.version
            {
                rows[index] = row
            }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `any history of writes is read as a plain list would be`(seed: UInt64) throws {
        let fixture = try StoreFixture(seed: seed)
        var store = try fixture.create()
        var model = Model()
        for round in 0..<40 {
            var next = model
            let isAborted = Int.random(in: 0..<6, using: &fixture.random) == 0
            do {
                try store.write { writer in
                    for _ in 0..<Int.random(in: 1...12, using: &fixture.random) {
                        try step(fixture, writer, &next)
                    }
                    if isAborted { throw StoreFixture.Failed() }
                }
                model = next
            } catch is StoreFixture.Failed {}
            if round % 20 == 19 {
                try store.close()
                store = try fixture.open()
            }
            try compare(store, model, fixture)
        }
        #expect(try store.integrityCheck() == [])
    }

    private func step(
        _ fixture: StoreFixture,
        _ writer: any RecordWriter,
        _ model: inout Model
    ) throws {
        let patient = Int.random(in: 1...5, using: &fixture.random)
        let segment = Int.random(in: 1...6, using: &fixture.random)
        let pseudonym: PatientPseudonym = try StoreFixture.tag(1_000 + patient)
        let record = patient * 1_000 + Int.random(in: 0..<12, using: &fixture.random)
        let newest = model.newest(try StoreFixture.tag(record))
        switch Int.random(in: 0..<20, using: &fixture.random) {
        case 0:
            let count = try writer.erase(pseudonym)
            let expected = model.rows.filter { $0.header.patient == pseudonym }.count
            #expect(count == expected)
            model.rows.removeAll { $0.header.patient == pseudonym }
        case 1...5:
            guard var row = newest else { return }
            row.header.segment = try StoreFixture.tag(2_000 + segment)
            row.header.epoch = try StoreFixture.tag(Int.random(in: 0..<3, using: &fixture.random))
            row.header.logIndex += 1
            row.sealed = fixture.random.bytes(Int.random(in: 72...900, using: &fixture.random))
            try writer.reseal(row)
            model.replace(row)
        default:
            let header = try StoreFixture.header(
                patient: patient,
                number: newest?.header.number ?? model.recordCount(pseudonym),
                version: (newest?.header.version ?? 0) + 1,
                segment: segment,
                record: record,
                logIndex: Int64.random(in: 0...(1 << 40), using: &fixture.random),
                isDeleted: Int.random(in: 0..<8, using: &fixture.random) == 0
            )
            let row = fixture.row(header)
            try writer.insert(row)
            model.insert(row)
        }
    }

    private func compare(
        _ store: SQLiteRecordStore,
        _ model: Model,
        _ fixture: StoreFixture
    ) throws {
        for patient in 1...5 {
            let pseudonym: PatientPseudonym = try StoreFixture.tag(1_000 + patient)
            let own = model.rows.filter { $0.header.patient == pseudonym }
            #expect(try store.rows(of: pseudonym, versions: .all) == own)
            let current = own.filter { $0.isCurrent && !$0.header.isDeleted }
            #expect(try store.rows(of: pseudonym) == current)
            let wanted: Set<SegmentTag> = [
                try StoreFixture.tag(2_000 + Int.random(in: 1...6, using: &fixture.random)),
                try StoreFixture.tag(2_000 + Int.random(in: 1...6, using: &fixture.random)),
            ]
            let filtered = current.filter { wanted.contains($0.header.segment) }
            #expect(try store.rows(of: pseudonym, segments: wanted) == filtered)
        }
        let record: RecordTag = try StoreFixture.tag(
            Int.random(in: 1...5, using: &fixture.random) * 1_000
                + Int.random(in: 0..<12, using: &fixture.random)
        )
        #expect(try store.row(record, version: nil) == model.newest(record))
        #expect(
            try store.row(record, version: 1)?.header.version == model.newest(record).map { _ in 1 }
        )
        let everything = try store.everything()
        #expect(Set(everything) == Set(model.rows))
        let order = try store.patients().map(\.patient)
        let isSorted = zip(everything, everything.dropFirst()).allSatisfy { left, right in
            let places = (
                order.firstIndex(of: left.header.patient) ?? -1,
                order.firstIndex(of: right.header.patient) ?? -1
            )
            return (places.0, left.header.number, left.header.version)
                < (places.1, right.header.number, right.header.version)
        }
        #expect(isSorted)
        #expect(try store.counts().versions == model.rows.count)
    }
}
