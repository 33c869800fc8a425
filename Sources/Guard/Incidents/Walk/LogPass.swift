internal import Synchronization
internal import VaultCore

/// Goes through the whole log once, on all cores: while some open a batch, one reads the next and one joins
/// what was opened before.
struct LogPass {
    let storage: any GuardStorage
    let opener: EntryOpener

    /// Slices of a batch: enough that a core that is busy with other things holds nobody up.
    private static let sliceCount = 8

    private enum Output: Sendable {
        case joined
        case read(EntryBatch?)
        case slice(WalkSlice)
    }

    /// Runs.
    ///
    /// - Parameter gathering: Gets every slice in the order of the log.
    /// - Returns: What was gathered.
    /// - Throws: What the storage throws.
    func run(into gathering: AccessGathering) throws -> AccessGathering {
        let kept = Mutex(gathering)
        var next = try EntryBatch.read(from: 0, of: storage)
        var last: (batch: EntryBatch, slices: [WalkSlice])?
        while next != nil || last != nil {
            let (current, opened) = (next, last)
            let count = current == nil ? 0 : Self.sliceCount
            // The two that cannot be divided come first, so that nobody waits for them at the end.
            let outputs = Cores.each(of: 2 + count) { item in
                Result { () throws -> Output in
                    switch item {
                    case 0:
                        guard let opened else { return .joined }
                        try kept.withLock {
                            for slice in opened.slices { $0.take(slice) }
                            try $0.check.compare(opened.batch, storage)
                        }
                        return .joined
                    case 1: return .read(try current.flatMap { try $0.next(of: storage) })
                    default:
                        guard let current else { return .slice(WalkSlice()) }
                        return .slice(opener.slice(current.part(item - 2, of: count), of: current))
                    }
                }
            }
            next = nil
            var slices: [WalkSlice] = []
            for output in outputs {
                switch try output.get() {
                case .joined: break
                case .read(let found): next = found
                case .slice(let slice): slices.append(slice)
                }
            }
            last = current.map { ($0, slices) }
        }
        return kept.withLock { $0 }
    }
}
