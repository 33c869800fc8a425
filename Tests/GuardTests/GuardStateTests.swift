import MerkleLog
import Sealing
import Synchronization
import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// The Guard's working state: what is staged, dropped, committed, and read back.
struct GuardStateTests {
    private let storage = MemoryStorage()
    private let ring: KeyRing
    private let vault: VaultID

    init() throws {
        vault = try #require(VaultID(bytes: SystemRandom().bytes(16)))
        ring = try KeyRing.create(
            root: try SecretKey.random(),
            vault: vault,
            random: SystemRandom()
        ).0
    }

    private func state(_ clock: any TimeSource = FixedTime(Self.now)) throws -> GuardState {
        try GuardState(
            storage: storage,
            ring: ring,
            vault: vault,
            origin: "test",
            random: SystemRandom(),
            clock: clock
        )
    }

    private static let now = Instant(microseconds: 1_790_000_000_000_000)

    private func addPatient(_ name: String, to state: GuardState) throws -> PatientPseudonym {
        let pseudonym = ring.pseudonym(of: name)
        state.setPatient(pseudonym, PatientState(reference: name, shard: 0))
        let new = try NewPatient(reference: name, random: SystemRandom())
        _ = try state.stagePatientKey(new, pseudonym, shard: 0)
        return pseudonym
    }

    private func header(_ time: Instant = Self.now) -> EntryHeader {
        EntryHeader(kind: .system, time: time)
    }

    @Test func `one patient cannot have two parts of one entry`() throws {
        let state = try state()
        let patient = try addPatient("Patient/a", to: state)
        let part = GuardState.Part(patient: patient, body: [:])
        #expect(throws: GuardError.invalid(field: "parts")) {
            try state.append(header(), parts: [part, part])
        }
        try state.append(header(), parts: [part])
        try state.append(header(), parts: [part])
        try state.commitNow()
        #expect(try LogReader(state: state).history(of: patient).map(\.index) == [1, 0])
    }

    @Test func `what was staged and dropped is nowhere, and its keys are made anew`() throws {
        let state = try state()
        let patient = try addPatient("Patient/a", to: state)
        try state.append(header(), parts: [GuardState.Part(patient: patient, body: ["x": 1])])
        state.rollBack()
        #expect(try state.patient(patient) == nil)
        #expect(state.nextIndex == 0)
        #expect(storage.counts == (0, 0))
        // The audit keys that were cached with it must not outlive it either.
        let again = try addPatient("Patient/a", to: state)
        try state.append(header(), parts: [GuardState.Part(patient: again, body: ["x": 2])])
        try state.commitNow()
        let reopened = try self.state()
        let entry = try LogReader(state: reopened).entry(0, parts: .all)
        #expect(entry.parts.first?.body["x"]?.int == 2)
        let kept = try #require(try reopened.patient(patient))
        _ = try reopened.patientKeys(patient, kept)
    }

    @Test func `a commit that the storage did not keep as written stops the state`() throws {
        for damage in MemoryStorage.Damage.allCases {
            let storage = MemoryStorage()
            let state = try GuardState(
                storage: storage,
                ring: ring,
                vault: vault,
                origin: "test",
                random: SystemRandom(),
                clock: FixedTime(Self.now)
            )
            storage.damage = damage
            try state.append(header())
            #expect(throws: (any Error).self) { try state.commitNow() }
            storage.damage = nil
            #expect(throws: GuardError.sealed) { try state.commitNow() }
        }
    }

    @Test func `times never run back, and more than five seconds back stop the state`() throws {
        let state = try state()
        try state.append(header(Self.now.advanced(by: .seconds(4))))
        #expect(try state.entryTime() == Self.now.advanced(by: .seconds(4)))
        try state.append(header(Self.now.advanced(by: .seconds(6))))
        #expect(throws: GuardError.clockWentBackwards) { try state.entryTime() }
        state.rollBack()
        #expect(try state.entryTime() == Self.now)
    }

    @Test func `a missing shard key is damage and is never made anew by a reader`() throws {
        let state = try state()
        let patient = try addPatient("Patient/a", to: state)
        try state.append(header())
        try state.commitNow()
        storage.remove(.shardKey)
        let reopened = try self.state()
        let kept = try #require(try reopened.patient(patient))
        #expect(throws: GuardError.damagedState) { try reopened.patientKeys(patient, kept) }
        try reopened.append(header())
        try reopened.commitNow()
        #expect(try storage.itemCount(.shardKey) == 0)
    }

    @Test func `an item opens only in its own place`() throws {
        let sealed = try SealedItem.seal(
            [1, 2, 3],
            kind: .facts,
            key: [7],
            with: ring.state,
            random: SystemRandom()
        )
        let other = try SecretKey.random()
        #expect(
            try SealedItem.open(sealed, kind: .facts, key: [7], with: ring.state) == [1, 2, 3]
        )
        for kind in ItemKind.allCases where kind != .facts {
            #expect(throws: GuardError.damagedState) {
                try SealedItem.open(sealed, kind: kind, key: [7], with: ring.state)
            }
        }
        #expect(throws: GuardError.damagedState) {
            try SealedItem.open(sealed, kind: .facts, key: [8], with: ring.state)
        }
        #expect(throws: GuardError.damagedState) {
            try SealedItem.open(sealed, kind: .facts, key: [7], with: other)
        }
        for place in sealed.indices {
            var damaged = sealed
            damaged[place] ^= 1
            #expect(throws: GuardError.damagedState) {
                try SealedItem.open(damaged, kind: .facts, key: [7], with: ring.state)
            }
            #expect(throws: GuardError.damagedState) {
                try SealedItem.open(
                    Array(sealed[..<place]),
                    kind: .facts,
                    key: [7],
                    with: ring.state
                )
            }
        }
    }

    @Test func `a masked pseudonym differs from entry to entry and comes back`() throws {
        let state = try state()
        let patient = ring.pseudonym(of: "Patient/a")
        let tags = (0..<50).map { state.routing(patient, index: $0) }
        #expect(Set(tags.map(\.bytes)).count == 50)
        let reader = LogReader(state: state)
        for (index, tag) in tags.enumerated() {
            #expect(reader.patient(of: tag, index: UInt64(index)) == patient)
        }
    }
}

/// A storage in memory that can lose or change what it was given.
private final class MemoryStorage: GuardStorage {
    enum Damage: CaseIterable { case lose, flip, doubled }

    private struct Kept {
        var entries: [[UInt8]] = []
        var nodes: [HashPosition: MerkleHash] = [:]
        var items: [ItemKind: [[UInt8]: [UInt8]]] = [:]
        var checkpoint: String?
        var damage: Damage?
    }

    private let kept = Mutex(Kept())

    var damage: Damage? {
        get { kept.withLock { $0.damage } }
        set { kept.withLock { $0.damage = newValue } }
    }

    var counts: (Int, Int) {
        kept.withLock { ($0.entries.count, $0.items.values.reduce(0) { $0 + $1.count }) }
    }

    func remove(_ kind: ItemKind) { kept.withLock { $0.items[kind] = nil } }

    func commit(_ batch: StorageBatch) throws {
        kept.withLock { kept in
            switch kept.damage {
            case .lose: break
            case .flip:
                kept.entries += batch.entries.map { entry in
                    var entry = entry
                    entry[entry.count - 1] ^= 1
                    return entry
                }
            case .doubled: kept.entries += [batch.entries[0]] + batch.entries.reversed()
            case nil: kept.entries += batch.entries
            }
            for node in batch.nodes { kept.nodes[node.position] = node.hash }
            for item in batch.items { kept.items[item.kind, default: [:]][item.key] = item.value }
            kept.checkpoint = batch.checkpoint ?? kept.checkpoint
        }
        if damage == .doubled { throw GuardError.readBackMismatch }
    }

    func logSize() throws -> UInt64 { kept.withLock { UInt64($0.entries.count) } }
    func entry(at index: UInt64) throws -> [UInt8]? {
        kept.withLock { index < $0.entries.count ? $0.entries[Int(index)] : nil }
    }
    func forEachEntry(
        in range: Range<UInt64>,
        _ body: (UInt64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let entries = kept.withLock { $0.entries }
        for index in range.clamped(to: 0..<UInt64(entries.count)) {
            if try !entries[Int(index)].withUnsafeBytes({ try body(index, $0) }) { return }
        }
    }
    func node(at position: HashPosition) throws -> MerkleHash? {
        kept.withLock { $0.nodes[position] }
    }
    func lastCheckpoint() throws -> String? { kept.withLock { $0.checkpoint } }
    func item(_ kind: ItemKind, _ key: [UInt8]) throws -> [UInt8]? {
        kept.withLock { $0.items[kind]?[key] }
    }
    func forEachItem(_ kind: ItemKind, _ body: ([UInt8], [UInt8]) throws -> Void) throws {
        for (key, value) in kept.withLock({ $0.items[kind] ?? [:] }) { try body(key, value) }
    }
    func itemCount(_ kind: ItemKind) throws -> Int { kept.withLock { $0.items[kind]?.count ?? 0 } }
    func structuralProblems() throws -> [String] { [] }
    func forgetOldValues() throws {}
    func close() throws {}
}
