import Foundation
import Guard
import MerkleLog
import Records
import Synchronization
import Testing
import VaultCore

/// Which numbered write fails, and how.
final class Faults: Sendable {
    enum Mode: Sendable {
        /// Nothing is written.
        case fail
        /// Everything is written, and still an error is reported.
        case failButPersist
        /// The process is killed before the write.
        case killBefore
        /// The process is killed after the write, before its caller hears of it.
        case killAfter
    }

    static func die() { kill(getpid(), SIGKILL) }

    struct Broken: Failure {
        var kind: FailureKind { .inputOutput }
        var code: String { "test.broken" }
        var message: String { "the test broke this write" }
        var hint: String { "none" }
    }

    private let plan = Mutex<(count: Int, at: Int?, mode: Mode)>((0, nil, .fail))

    /// Lets the write after `count` more fail; `nil` heals.
    func fail(after count: Int?, _ mode: Mode = .fail) {
        plan.withLock { $0 = (0, count, mode) }
    }

    /// Writes since the last plan.
    var count: Int { plan.withLock { $0.count } }

    func next() -> Mode? {
        plan.withLock { plan in
            defer { plan.count += 1 }
            return plan.at == plan.count ? plan.mode : nil
        }
    }
}

/// A storage whose commits fail where a test says so.
final class FaultyGuardStorage: GuardStorage {
    private let inner: any GuardStorage
    private let faults: Faults

    init(_ inner: any GuardStorage, _ faults: Faults) {
        self.inner = inner
        self.faults = faults
    }

    func commit(_ batch: StorageBatch) throws {
        let mode = faults.next()
        if mode == .killBefore { Faults.die() }
        if mode != .fail { try inner.commit(batch) }
        if mode == .killAfter { Faults.die() }
        if mode != nil { throw Faults.Broken() }
    }

    func logSize() throws -> UInt64 { try inner.logSize() }
    func entry(at index: UInt64) throws -> [UInt8]? { try inner.entry(at: index) }
    func forEachEntry(
        in range: Range<UInt64>,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws { try inner.forEachEntry(in: range, body) }
    func node(at position: HashPosition) throws -> MerkleHash? { try inner.node(at: position) }
    func lastCheckpoint() throws -> String? { try inner.lastCheckpoint() }
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? { try inner.item(kind, key) }
    func forEachItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        try inner.forEachItem(kind, body)
    }
    func itemCount(_ kind: ItemKind) throws -> Int { try inner.itemCount(kind) }
    func structuralProblems() throws -> [String] { try inner.structuralProblems() }
    func forgetOldValues() throws { try inner.forgetOldValues() }
    func snapshot() throws -> any GuardStorage { try inner.snapshot() }
    func close() throws { try inner.close() }
}

/// A record store whose transactions fail where a test says so.
final class FaultyRecordStore: RecordStore {
    private let inner: any RecordStore
    private let faults: Faults

    init(_ inner: any RecordStore, _ faults: Faults) {
        self.inner = inner
        self.faults = faults
    }

    func write<Result>(_ body: (any RecordWriter) throws -> Result) throws -> Result {
        let mode = faults.next()
        let result = try inner.write { writer in
            let result = try body(writer)
            if mode == .killBefore { Faults.die() }
            if mode == .fail { throw Faults.Broken() }
            return result
        }
        if mode == .killAfter { Faults.die() }
        if mode != nil { throw Faults.Broken() }
        return result
    }

    func forEachRow(
        of patient: PatientPseudonym,
        segments: Set<SegmentTag>?,
        versions: VersionSelection,
        body: (BorrowedRow) throws -> Void
    ) throws {
        try inner.forEachRow(of: patient, segments: segments, versions: versions, body: body)
    }
    func row(_ record: RecordTag, version: UInt32?) throws -> SealedRow? {
        try inner.row(record, version: version)
    }
    func history(of record: RecordTag) throws -> [SealedRow] { try inner.history(of: record) }
    func forEachVersion(_ body: (BorrowedRow) throws -> Void) throws {
        try inner.forEachVersion(body)
    }
    func patients() throws -> [(patient: PatientPseudonym, records: Int64)] {
        try inner.patients()
    }
    func recordCount(of patient: PatientPseudonym) throws -> Int64 {
        try inner.recordCount(of: patient)
    }
    func counts() throws -> StoreCounts { try inner.counts() }
    func integrityCheck() throws -> [IntegrityProblem] { try inner.integrityCheck() }
    func erase(_ patient: PatientPseudonym) throws -> Int { try inner.erase(patient) }
    func backup(to path: String) throws { try inner.backup(to: path) }
    func close() throws { try inner.close() }
}
