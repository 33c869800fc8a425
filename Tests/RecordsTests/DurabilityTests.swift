import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import Records

@Suite struct DurabilityTests {
    @Test func `a process killed inside a transaction leaves all or nothing`() async throws {
        let fixture = try StoreFixture()
        let first = try Self.rows(fixture, from: 0)
        let store = try fixture.create()
        try store.write { writer in for row in first { try writer.insert(row) } }
        try store.close()
        let folder = fixture.folder
        // Large enough that SQLite writes pages of the open transaction into the log.
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try Self.writeAndDie(in: folder, afterCommit: false)
        }
        #expect(FileManager.default.fileExists(atPath: fixture.path + "-wal"))
        let reopened = try fixture.open()
        #expect(try reopened.integrityCheck() == [])
        #expect(try reopened.everything() == first)
        try reopened.close()

        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
            try Self.writeAndDie(in: folder, afterCommit: true)
        }
        let again = try fixture.open()
        #expect(try again.integrityCheck() == [])
        #expect(try again.counts().versions == first.count + Self.killedCount)
    }

    private static let killedCount = 20_000

    private static func rows(_ fixture: StoreFixture, from start: Int64) throws -> [SealedRow] {
        try (start..<start + 100).map {
            fixture.row(try StoreFixture.header(patient: 1, number: $0))
        }
    }

    /// Runs in the child: writes many rows and is killed before or after the commit.
    private static func writeAndDie(in folder: String, afterCommit: Bool) throws {
        let store = try SQLiteRecordStore(
            path: folder + "/records.sqlite",
            vault: try StoreFixture.tag(1),
            mode: .open
        )
        let sealed = [UInt8](repeating: 0xC3, count: 2_000)
        try store.write { writer in
            for number in 0..<killedCount {
                let header = try StoreFixture.header(
                    patient: 1,
                    number: 100 + Int64(number),
                    segment: number % 7
                )
                try sealed.withUnsafeBytes { try writer.insert(header, sealed: $0) }
            }
            if !afterCommit { kill(getpid(), SIGKILL) }
        }
        kill(getpid(), SIGKILL)
    }

    @Test func `files copied while a transaction is open hold the state before it`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let first = try Self.rows(fixture, from: 0)
        try store.write { writer in for row in first { try writer.insert(row) } }
        let copy = try StoreFixture()
        try store.write { writer in
            for row in try Self.rows(fixture, from: 100) { try writer.insert(row) }
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(
                    atPath: fixture.path + suffix,
                    toPath: copy.path + suffix
                )
            }
        }
        let copied = try copy.open()
        #expect(try copied.integrityCheck() == [])
        #expect(try copied.everything() == first)
    }

    @Test func `a log cut at any length gives a state that was committed`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        for start in stride(from: 0, to: 500, by: 100) as StrideTo<Int64> {
            let rows = try Self.rows(fixture, from: start)
            try store.write { writer in for row in rows { try writer.insert(row) } }
        }
        let file = try fixture.fileBytes()
        let log = try fixture.fileBytes("-wal")
        var lengths = Set([0, 31, 32, 4_096])
        for _ in 0..<12 { lengths.insert(Int.random(in: 0..<log.count, using: &fixture.random)) }
        for length in lengths.sorted() {
            let copy = try StoreFixture()
            try file.write(to: URL(filePath: copy.path))
            try log.prefix(length).write(to: URL(filePath: copy.path + "-wal"))
            // A log without its first commits holds no store yet.
            guard let copied = try? copy.open() else {
                #expect(length < log.count / 2, "\(length)")
                continue
            }
            let isWhole =
                try copied.integrityCheck() == [] && copied.counts().versions.isMultiple(of: 100)
            #expect(isWhole, "\(length)")
        }
    }

    @Test func `a full disk undoes the write and a smaller one succeeds`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let rows = try (0..<200).map {
            fixture.row(try StoreFixture.header(patient: 1, number: $0), byteCount: 600)
        }
        // SQLITE_FULL comes from the same place when the file may not grow.
        let limit = try store.setting("page_count") + 4
        #expect(try store.setting("max_page_count = \(limit)") == limit)
        #expect(throws: RecordsError.diskFull) {
            try store.write { writer in
                for row in rows { try writer.insert(row) }
            }
        }
        // Nothing may slip out of the transaction when the caller goes on after the error.
        #expect(throws: RecordsError.diskFull) {
            try store.write { writer in
                for row in rows { try? writer.insert(row) }
            }
        }
        #expect(try store.counts().versions == 0)
        let few = rows.prefix(5)
        try store.write { writer in for row in few { try writer.insert(row) } }
        #expect(try store.everything() == Array(few))
        #expect(try store.integrityCheck() == [])
    }

    @Test(.enabled(if: geteuid() == 0)) func `a full file system undoes the write`() throws {
        let fixture = try StoreFixture()
        guard mount("tmpfs", fixture.folder, "tmpfs", 0, "size=2m") == 0 else { return }
        defer { umount2(fixture.folder, 0) }
        do {
            let store = try fixture.create()
            let ballast = fixture.folder + "/ballast"
            try Data(count: 500_000).write(to: URL(filePath: ballast))
            let rows = try (0..<4_000).map {
                fixture.row(try StoreFixture.header(patient: 1, number: $0), byteCount: 600)
            }
            #expect(throws: RecordsError.diskFull) {
                try store.write { writer in for row in rows { try writer.insert(row) } }
            }
            #expect(try store.counts().versions == 0)
            try FileManager.default.removeItem(atPath: ballast)
            try store.write { try $0.insert(rows[0]) }
            #expect(try store.integrityCheck() == [])
            try store.close()
        }
        let reopened = try fixture.open()
        #expect(try reopened.counts().versions == 1)
        try reopened.close()
    }

    @Test func `a backup made while writing goes on is a whole state`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let rows = try Self.rows(fixture, from: 0)
        try store.write { writer in for row in rows { try writer.insert(row) } }
        let copy = try StoreFixture()
        try store.write { writer in
            for row in try Self.rows(fixture, from: 100) { try writer.insert(row) }
            try store.backup(to: copy.path)
        }
        #expect(try store.counts().versions == 200)
        let names = try FileManager.default.contentsOfDirectory(atPath: copy.folder)
        #expect(names == ["records.sqlite"])
        #expect(throws: RecordsError.alreadyExists) { try store.backup(to: copy.path) }
        #expect(throws: RecordsError.missing) { try store.backup(to: copy.folder + "/no/x") }
        let restored = try copy.open()
        #expect(try restored.everything() == rows)
        #expect(try restored.integrityCheck() == [])
        #expect(throws: RecordsError.anotherVault) {
            try SQLiteRecordStore(
                path: {
                    try restored.close(); return copy.path
                }(),
                vault: StoreFixture.tag(2),
                mode: .open
            )
        }
    }

    @Test func `reads and writes from many threads see whole transactions`() async throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let batches = try (0..<20).map { batch in
            try (0..<10).map { index in
                fixture.row(
                    try StoreFixture.header(patient: 1, number: Int64(batch * 10 + index))
                )
            }
        }
        let patient = batches[0][0].header.patient
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var last = 0
                    var isWhole = true
                    while last < 200 {
                        let count = try store.rows(of: patient).count
                        isWhole = isWhole && count.isMultiple(of: 10) && count >= last
                        last = count
                        // A read inside a read must not trap.
                        try store.forEachRow(of: patient, segments: nil, versions: .all) { row in
                            if row.header.number == 0 { _ = try store.counts() }
                        }
                        await Task.yield()
                    }
                    return isWhole
                }
            }
            group.addTask {
                for batch in batches {
                    try store.write { writer in for row in batch { try writer.insert(row) } }
                    await Task.yield()
                }
                return true
            }
            for try await isWhole in group { #expect(isWhole) }
        }
        try store.close()
    }
}
