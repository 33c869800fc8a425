internal import MerkleLog
internal import VaultCore

/// The maps of heads as they follow from the log, to compare with what its `heads` entries state.
struct HeadsReplay {
    private var map = HeadsMap(HeadsInMemory())
    private var moved: [String: PatientHead] = [:]
    private var count: UInt64 = 0
    /// The newest statement that was right.
    private(set) var mark: HeadsMark?

    /// Pieces of the map.
    var tileCount: Int { map.tiles.tiles.count }

    func tile(at path: [UInt8]) -> [UInt8]? { map.tiles.tile(at: path) }

    mutating func move(_ patient: PatientPseudonym, _ head: PatientHead) {
        moved[patient.description] = head
    }

    /// Compares a `heads` entry with the entries before it.
    ///
    /// - Returns: What is wrong, or `nil`.
    mutating func compare(_ entry: LoggedEntry) throws -> String? {
        let (root, added) = try map.set(moved)
        moved = [:]
        count += UInt64(added)
        mark = HeadsMark(size: entry.index + 1, count: count, root: root)
        let isSo =
            entry.header[HeadsStatement.rootName]?.string == root.base64
            && entry.header[HeadsStatement.countName]?.int == Int64(count)
        return isSo ? nil : "entry \(entry.index) states heads that are not those of the log"
    }
}
