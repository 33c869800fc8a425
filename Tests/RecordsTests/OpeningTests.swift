import Foundation
import Testing
import VaultCore

@testable import Records

@Suite struct OpeningTests {
    @Test func `a commit reaches the disk and the schema is not trusted`() throws {
        let fixture = try StoreFixture()
        for _ in 0..<2 {
            let store =
                FileManager.default.fileExists(atPath: fixture.path)
                ? try fixture.open() : try fixture.create()
            let expected: [(String, Int64)] = [
                ("synchronous", 2), ("trusted_schema", 0), ("secure_delete", 1),
                ("cell_size_check", 1), ("mmap_size", 0), ("temp_store", 2),
                ("page_size", Int64(Connections.pageByteCount)),
                ("cache_size", -Int64(Connections.writerCacheKiB)),
                ("wal_autocheckpoint", Int64(Connections.checkpointPageCount)),
                ("application_id", Schema.applicationID), ("user_version", 1),
            ]
            for (name, value) in expected {
                let found = try store.setting(name)
                #expect(found == value, "\(name)")
            }
            try store.close()
        }
        // Bytes 18 and 19 of the header say that the file is in WAL mode.
        #expect(try Array(fixture.fileBytes()[18...19]) == [2, 2])
    }

    @Test func `an empty store can be read at once`() throws {
        let fixture = try StoreFixture()
        for _ in 0..<2 {
            let store =
                FileManager.default.fileExists(atPath: fixture.path)
                ? try fixture.open() : try fixture.create()
            #expect(try store.counts().versions == 0)
            #expect(try store.everything().isEmpty)
            #expect(try store.integrityCheck() == [])
            try store.close()
        }
    }

    @Test func `only the owner may read the files`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: fixture.path + suffix
            )
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
        try store.close()
    }

    @Test func `closing leaves one file without a log beside it`() throws {
        let fixture = try StoreFixture()
        let store = try fixture.create()
        let row = fixture.row(try StoreFixture.header(patient: 1, number: 0))
        try store.write { try $0.insert(row) }
        #expect(try store.rows(of: row.header.patient) == [row])
        try store.close()
        try store.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder)
        #expect(names.sorted() == ["records.sqlite", "records.sqlite.lock"])
        #expect(throws: RecordsError.closed) { try store.counts() }
        #expect(throws: RecordsError.closed) { try store.write { _ in } }
        #expect(throws: RecordsError.closed) { try store.integrityCheck() }
        #expect(throws: RecordsError.closed) { try store.compact() }
    }

    @Test func `a second opener is refused until the first closes`() throws {
        let fixture = try StoreFixture()
        var store: SQLiteRecordStore? = try fixture.create()
        #expect(throws: RecordsError.inUse) { try fixture.open() }
        try store?.close()
        store = nil
        try fixture.open().close()
    }

    @Test func `a missing store is not made by opening it`() throws {
        let fixture = try StoreFixture()
        #expect(throws: RecordsError.missing) { try fixture.open() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder).isEmpty)
        let nowhere = fixture.folder + "/no/records.sqlite"
        #expect(throws: RecordsError.missing) {
            try SQLiteRecordStore(path: nowhere, vault: fixture.vault, mode: .create)
        }
    }

    @Test func `a store is not made over a file that exists`() throws {
        let fixture = try StoreFixture()
        try Data("not yours".utf8).write(to: URL(filePath: fixture.path))
        #expect(throws: RecordsError.alreadyExists) { try fixture.create() }
        #expect(try fixture.fileBytes() == Data("not yours".utf8))
    }

    @Test func `a store of another vault is refused`() throws {
        let fixture = try StoreFixture()
        try fixture.create().close()
        #expect(throws: RecordsError.anotherVault) {
            try SQLiteRecordStore(path: fixture.path, vault: StoreFixture.tag(99), mode: .open)
        }
    }

    @Test(arguments: [
        ("", RecordsError.notARecordStore),
        ("a text that is much too short for a page", .notARecordStore),
        (String(repeating: "text ", count: 4_000), .notARecordStore),
    ])
    func `a file that is not a store is refused`(content: String, error: RecordsError) throws {
        let fixture = try StoreFixture()
        try Data(content.utf8).write(to: URL(filePath: fixture.path))
        #expect(throws: error) { try fixture.open() }
    }

    @Test(arguments: [
        ("PRAGMA application_id = 1", RecordsError.notARecordStore),
        ("PRAGMA user_version = 2", .unsupportedSchema(version: 2)),
        ("PRAGMA user_version = 0", .unsupportedSchema(version: 0)),
        ("PRAGMA user_version = -7", .unsupportedSchema(version: -7)),
        ("CREATE TRIGGER t AFTER INSERT ON patient BEGIN DELETE FROM meta; END", .damaged),
        ("CREATE VIEW v AS SELECT 1", .damaged),
        ("DROP INDEX record_version_tag", .damaged),
        ("DELETE FROM meta", .anotherVault),
        ("UPDATE meta SET vault = x'00'", .anotherVault),
    ])
    func `a store whose layout was altered is refused`(sql: String, error: RecordsError) throws {
        let fixture = try StoreFixture()
        try fixture.create().close()
        try fixture.alter(sql)
        #expect(throws: error) { try fixture.open() }
        // And the lock is free again.
        #expect(throws: error) { try fixture.open() }
    }

    @Test(.enabled(if: geteuid() != 0)) func `a folder without write permission is refused`() throws
    {
        let fixture = try StoreFixture()
        try fixture.create().close()
        #expect(chmod(fixture.folder, 0o500) == 0)
        defer { chmod(fixture.folder, 0o700) }
        #expect(throws: RecordsError.notWritable) { try fixture.open() }
    }

    @Test func `every error has its own code and says what to do`() {
        let errors: [RecordsError] = [
            .inUse, .missing, .alreadyExists, .notWritable, .diskFull, .notARecordStore,
            .anotherVault, .unsupportedSchema(version: 9), .damaged, .busy,
            .storageFailed(code: 10), .stopped, .closed, .versionConflict(expected: 2),
            .numberConflict(expected: 3), .recordOfAnotherPatient, .reservedTag, .noSuchRow,
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors {
            let isComplete =
                error.code.hasPrefix("records.") && !error.hint.isEmpty
                && error.message.first?.isLowercase == true
            #expect(isComplete, "\(error.code)")
        }
        let usual: [RecordsError: FailureKind] = [
            .inUse: .inputOutput, .missing: .missingInput, .alreadyExists: .cannotCreate,
            .damaged: .integrity, .anotherVault: .integrity, .diskFull: .inputOutput,
        ]
        for (error, kind) in usual { #expect(error.kind == kind) }
    }
}
