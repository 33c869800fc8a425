import Foundation
import GRDBSQLite
import Records
import Testing
import VaultCore
import VaultTestSupport

/// A folder of its own for one test, and made-up tags and sealed bytes.
final class StoreFixture {
    struct Failed: Error {}

    let folder: String
    let vault: VaultID
    var random: SeededRandom

    var path: String { folder + "/records.sqlite" }

    init(seed: UInt64 = 7) throws {
        random = SeededRandom(seed: seed)
        folder = NSTemporaryDirectory() + "records-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        vault = try Self.tag(1)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A tag whose bytes are all different from other numbers' tags.
    static func tag<Tag: Tag16>(_ number: Int) throws -> Tag {
        var bytes = [UInt8](repeating: 0x5A, count: 16)
        withUnsafeBytes(of: UInt64(number).bigEndian) { bytes.replaceSubrange(8..., with: $0) }
        // The index stands on the first half: spread it.
        withUnsafeBytes(of: (UInt64(number) &* 0x9E37_79B9_7F4A_7C15).bigEndian) {
            bytes.replaceSubrange(..<8, with: $0)
        }
        return try #require(Tag(bytes: bytes))
    }

    func create(_ options: SQLiteRecordStore.Options = .init()) throws -> SQLiteRecordStore {
        try SQLiteRecordStore(path: path, vault: vault, mode: .create, options: options)
    }

    func open(_ options: SQLiteRecordStore.Options = .init()) throws -> SQLiteRecordStore {
        try SQLiteRecordStore(path: path, vault: vault, mode: .open, options: options)
    }

    /// A header whose tags come from small numbers.
    static func header(
        patient: Int,
        number: Int64,
        version: UInt32 = 1,
        segment: Int = 1,
        record: Int? = nil,
        epoch: Int = 1,
        logIndex: Int64 = 0,
        isDeleted: Bool = false
    ) throws -> RowHeader {
        RowHeader(
            patient: try tag(1_000 + patient),
            number: number,
            version: version,
            segment: try tag(2_000 + segment),
            record: try tag(record ?? patient * 1_000_000 + Int(number)),
            epoch: try tag(3_000 + epoch),
            logIndex: logIndex,
            isDeleted: isDeleted
        )
    }

    func row(_ header: RowHeader, isCurrent: Bool = true, byteCount: Int? = nil) -> SealedRow {
        let count = byteCount ?? Int.random(in: 72...700, using: &random)
        return SealedRow(header: header, isCurrent: isCurrent, sealed: random.bytes(count))
    }

    /// Runs SQL on a closed store, as somebody with the file could.
    func alter(_ sql: String) throws {
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        guard sqlite3_open(path, &connection) == SQLITE_OK,
            sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK
        else { throw Failed() }
    }

    func fileBytes(_ suffix: String = "") throws -> Data {
        try Data(contentsOf: URL(filePath: path + suffix))
    }
}

extension RecordWriter {
    func insert(_ row: SealedRow) throws {
        try row.sealed.withUnsafeBytes { bytes in try insert(row.header, sealed: bytes) }
    }

    func reseal(_ row: SealedRow) throws {
        try row.sealed.withUnsafeBytes { bytes in try reseal(row.header, sealed: bytes) }
    }
}

extension RecordStore {
    func rows(
        of patient: PatientPseudonym,
        segments: Set<SegmentTag>? = nil,
        versions: VersionSelection = .current
    ) throws -> [SealedRow] {
        var found: [SealedRow] = []
        try forEachRow(of: patient, segments: segments, versions: versions) {
            found.append($0.copy())
        }
        return found
    }

    func everything() throws -> [SealedRow] {
        var found: [SealedRow] = []
        try forEachVersion { found.append($0.copy()) }
        return found
    }
}
