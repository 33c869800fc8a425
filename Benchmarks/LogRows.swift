import Foundation
import Guard
import GuardStore
import MerkleLog
import Sealing
import VaultCore

/// Appending to and checking a log of entries of a disclosure's size.
struct LogRows {
    private let storage: SQLiteGuardStorage
    private let sealer = SectionSealer(random: SystemRandom())
    private let key: SectionKey
    private var tree = CompactRange()

    init(folder: URL) throws {
        storage = try SQLiteGuardStorage(
            path: folder.appending(path: "log.sqlite").path,
            creating: true
        )
        guard let key = SectionKey(SystemRandom().bytes(32)) else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        self.key = key
    }

    /// Seconds of each append that is durable when it returns, ascending.
    mutating func appends(_ count: Int) throws -> [Double] {
        var found: [Double] = []
        for _ in 0..<count { found.append(try Measure.seconds { try append(1) }) }
        return found.sorted()
    }

    /// Entries checked in a second, by the clock and of processor time: hashes, times, root.
    mutating func verification(of count: Int) throws -> (clock: Double, core: Double) {
        let missing = count - Int(tree.size)
        for _ in 0..<max(0, missing / 512) { try append(512) }
        var verifier = LogVerifier()
        var coreSeconds = 0.0
        let seconds = try Measure.seconds {
            coreSeconds = try Measure.coreSeconds {
                try storage.forEachEntry(in: 0..<tree.size) { _, bytes in
                    verifier.add(bytes) { _ in }
                    return true
                }
                verifier.finish()
            }
        }
        guard verifier.problems.isEmpty, verifier.tree.root == tree.root else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
        return (Double(tree.size) / seconds, Double(tree.size) / coreSeconds)
    }

    func close() throws { try storage.close() }

    private mutating func append(_ count: Int) throws {
        var batch = StorageBatch(firstIndex: tree.size)
        for _ in 0..<count {
            let time = BenchmarkVault.SystemTime().now()
            var header = EntryHeader(kind: .disclosure, time: time)
            header.actor = "doctor"
            header.purpose = ["TREAT"]
            header.rules = ["treatment.relationship"]
            guard let routing = RoutingTag(bytes: SystemRandom().bytes(16)) else {
                throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
            }
            let entry = try sealer.seal(
                header: header,
                headerRouting: routing,
                headerKey: key,
                parts: [
                    SectionSealer.Part(
                        json: ["manifest": "1-120,122,125v2", "released": 122],
                        routing: routing,
                        key: key
                    )
                ]
            )
            tree.append(entry.leaf) { batch.nodes.append($0) }
            batch.entries.append(entry.bytes)
        }
        try storage.commit(batch)
    }
}
