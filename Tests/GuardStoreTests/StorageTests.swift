import Foundation
import GRDBSQLite
import Guard
import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

@testable import GuardStore

/// The Guard's file: durable, whole, private to one process, and without old values after an erasure.
struct StorageTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "guard-store-" + UUID().uuidString

        init() throws {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true
            )
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var file: String { path + "/guard.sqlite" }

        func open(creating: Bool = true) throws -> SQLiteGuardStorage {
            try SQLiteGuardStorage(path: file, creating: creating)
        }
    }

    private static func batch(_ first: UInt64, count: Int = 1) -> StorageBatch {
        StorageBatch(
            firstIndex: first,
            entries: (0..<count).map {
                [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 200)
            },
            items: [ItemChange(kind: .meta, key: [1], value: bigEndian(first))]
        )
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    @Test func `commits reach the disk before they return and old values are overwritten`() throws {
        let storage = try Folder().open()
        #expect(try storage.pragma("journal_mode") == "wal")
        #expect(try storage.pragma("synchronous") == "2")
        #expect(try storage.pragma("secure_delete") == "1")
        #expect(try storage.pragma("trusted_schema") == "0")
        try storage.close()
    }

    @Test func `items are read from a key on, also where a key is empty`() throws {
        let storage = try Folder().open()
        let keys: [[UInt8]] = [[], [0], [0, 1], [7], [7, 255]]
        try storage.commit(
            StorageBatch(
                firstIndex: 0,
                items: keys.map { ItemChange(kind: .headsTile, key: $0, value: [1]) }
                    + [ItemChange(kind: .meta, key: [3], value: [2])]
            )
        )
        func read(after key: [UInt8]?, atMost limit: Int = 9) throws -> [[UInt8]] {
            var found: [[UInt8]] = []
            try storage.forEachItem(.headsTile, after: key) { name, _ in
                found.append(name)
                return found.count < limit
            }
            return found
        }
        #expect(try read(after: nil) == keys)
        #expect(try read(after: nil, atMost: 2) == Array(keys[..<2]))
        for (place, key) in keys.enumerated() {
            #expect(try read(after: key) == Array(keys[(place + 1)...]))
        }
        try storage.close()
    }

    @Test func `a walk may walk and look up on its way what it walks over`() throws {
        let storage = try Folder().open()
        try storage.commit(Self.batch(0, count: 4))
        var pairs: [[UInt64]] = []
        try storage.forEachEntry(in: 0..<4) { outer, bytes in
            try storage.forEachEntry(in: outer..<4) { inner, _ in
                pairs.append([outer, inner])
                return inner < 2
            }
            #expect(try storage.entry(at: outer) == Array(bytes))
            return true
        }
        #expect(pairs == [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2], [3, 3]])
    }

    @Test func `settings hold after the file is opened again`() throws {
        let folder = try Folder()
        try folder.open().close()
        let storage = try folder.open(creating: false)
        #expect(try storage.pragma("journal_mode") == "wal")
        #expect(try storage.pragma("synchronous") == "2")
        #expect(try storage.pragma("secure_delete") == "1")
    }

    @Test func `a second opener is told that the vault is in use`() throws {
        let folder = try Folder()
        let storage = try folder.open()
        #expect(throws: StorageFailure.inUse) { try folder.open(creating: false) }
        try storage.close()
    }

    @Test func `a missing, foreign or other file is refused`() throws {
        let folder = try Folder()
        #expect(throws: (any Error).self) { try folder.open(creating: false) }
        try FileManager.default.removeItem(atPath: folder.path)
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true
        )
        try Data("this is no database, but long enough to be read as one ".utf8).write(
            to: URL(filePath: folder.file)
        )
        #expect(throws: StorageFailure.notAStore) { try folder.open(creating: false) }
        let other = try Folder()
        var connection: OpaquePointer?
        sqlite3_open(other.file, &connection)
        sqlite3_exec(connection, "CREATE TABLE t (x)", nil, nil, nil)
        sqlite3_close(connection)
        #expect(throws: StorageFailure.notAStore) { try other.open(creating: false) }
        #expect(throws: StorageFailure.notAStore) { try other.open() }
    }

    @Test func `a batch that does not start at the end of the log is refused whole`() throws {
        let storage = try Folder().open()
        try storage.commit(Self.batch(0, count: 3))
        for first in [0, 2, 4] as [UInt64] {
            #expect(throws: StorageFailure.gap) { try storage.commit(Self.batch(first)) }
        }
        #expect(try storage.logSize() == 3)
        #expect(try storage.item(.meta, [1]) == Self.bigEndian(0))
        try storage.commit(Self.batch(3))
        #expect(try storage.logSize() == 4)
        #expect(try storage.item(.meta, [1]) == Self.bigEndian(3))
        #expect(try storage.structuralProblems() == [])
    }

    @Test func `a batch that breaks half way leaves nothing of itself`() throws {
        let storage = try Folder().open()
        let node = PlacedHash(
            position: HashPosition(level: 0, index: 0),
            hash: TreeHasher.leafHash([1])
        )
        var batch = Self.batch(0)
        batch.nodes = [node, node]
        #expect(throws: (any Error).self) { try storage.commit(batch) }
        #expect(try storage.logSize() == 0)
        #expect(try storage.node(at: node.position) == nil)
        batch.nodes = [node]
        try storage.commit(batch)
        #expect(try storage.node(at: node.position) == node.hash)
    }

    @Test func `a process killed inside or after a commit leaves all of it or nothing`()
        async throws
    {
        let folder = try Folder()
        do {
            let storage = try folder.open()
            try storage.commit(Self.batch(0, count: 10))
            try storage.close()
        }
        let file = folder.file
        await #expect(processExitsWith: .signal(SIGKILL)) { [file = file as String] in
            let storage = try SQLiteGuardStorage(path: file, creating: false)
            try storage.commit(Self.batch(10, count: 50))
            kill(getpid(), SIGKILL)
        }
        #expect(FileManager.default.fileExists(atPath: file + "-wal"))
        let log = try Data(contentsOf: URL(filePath: file + "-wal"))
        let main = try Data(contentsOf: URL(filePath: file))
        // Power loss may leave any beginning of the WAL.
        var sizes: Set<UInt64> = []
        let cuts = Array(stride(from: 0, to: log.count, by: max(1, log.count / 25))) + [log.count]
        for cut in cuts {
            let copy = try Folder()
            try main.write(to: URL(filePath: copy.file))
            try log.prefix(cut).write(to: URL(filePath: copy.file + "-wal"))
            let storage = try copy.open(creating: false)
            let size = try storage.logSize()
            sizes.insert(size)
            #expect(size == 10 || size == 60)
            #expect(try storage.item(.meta, [1]) == Self.bigEndian(size == 10 ? 0 : 10))
            #expect(try storage.structuralProblems() == [])
            try storage.close()
        }
        #expect(sizes == [10, 60])
    }

    @Test(.enabled(if: geteuid() == 0)) func `a full disk undoes the commit`() throws {
        let folder = try Folder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=8m") == 0 else { return }
        defer { umount2(folder.path, 0) }
        do {
            let storage = try folder.open()
            try storage.commit(Self.batch(0))
            try Data(count: 5_500_000).write(to: URL(filePath: folder.path + "/ballast"))
            var wasFull = false
            var size: UInt64 = 1
            for _ in 0..<1_000 {
                do {
                    try storage.commit(Self.batch(size, count: 200))
                    size += 200
                } catch StorageFailure.diskFull {
                    wasFull = true
                    break
                }
            }
            #expect(wasFull)
            #expect(try storage.logSize() == size)
            try FileManager.default.removeItem(atPath: folder.path + "/ballast")
            try storage.close()
        }
        let storage = try folder.open(creating: false)
        #expect(try storage.logSize() % 200 == 1)
        #expect(try storage.structuralProblems() == [])
    }

    @Test func `a snapshot stays as it was, takes nothing, and keeps nobody from writing`() throws {
        let folder = try Folder()
        let storage = try folder.open()
        let put = { (value: UInt8) in
            try storage.commit(
                StorageBatch(
                    firstIndex: 0,
                    items: [ItemChange(kind: .meta, key: [1], value: [value])]
                )
            )
        }
        try put(1)
        let snapshot = try storage.snapshot()
        try put(2)
        #expect(try snapshot.item(.meta, [1]) == [1])
        #expect(try storage.item(.meta, [1]) == [2])
        #expect(throws: StorageFailure.readOnly) {
            try snapshot.commit(StorageBatch(firstIndex: 0))
        }
        #expect(throws: StorageFailure.readOnly) { try snapshot.forgetOldValues() }
        try put(3)
        try storage.forgetOldValues()
        let wal = folder.file + "-wal"
        #expect(try Data(contentsOf: URL(filePath: wal)).isEmpty == false)
        // What the snapshot held up is done when it ends.
        try snapshot.close()
        #expect(try Data(contentsOf: URL(filePath: wal)).isEmpty)
        #expect(try storage.item(.meta, [1]) == [3])
        try storage.close()
    }

    @Test func `after forgetting no old or deleted value is in the file or beside it`() throws {
        let folder = try Folder()
        let storage = try folder.open()
        let secret = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
        let other = secret.reversed().map { $0 ^ 0x5A }
        try storage.commit(
            StorageBatch(
                firstIndex: 0,
                items: [
                    ItemChange(kind: .patientKey, key: [1], value: secret),
                    ItemChange(kind: .shardKey, key: [1], value: secret),
                ]
            )
        )
        try storage.forgetOldValues()
        try storage.commit(
            StorageBatch(
                firstIndex: 0,
                items: [
                    ItemChange(kind: .patientKey, key: [1], value: nil),
                    ItemChange(kind: .shardKey, key: [1], value: other),
                ]
            )
        )
        try storage.forgetOldValues()
        for suffix in ["", "-wal", "-shm"] {
            guard let data = try? Data(contentsOf: URL(filePath: folder.file + suffix)) else {
                continue
            }
            #expect(data.range(of: Data(secret)) == nil, "\(suffix)")
        }
        #expect(try storage.item(.shardKey, [1]) == other)
        try storage.close()
    }
}
