internal import Dispatch
internal import Synchronization

/// Runs a piece of pure work on several cores at once.
package enum Cores {
    /// How many work at once.
    package static let count = 2

    /// Cuts `0..<total` into slices and works on several at once.
    ///
    /// Who has ended with one takes the next, so that nobody waits for a core that is busy with other things.
    ///
    /// - Parameters:
    ///   - total: How many items there are.
    ///   - minimum: With fewer items than this, one core does it all: starting another costs more.
    ///   - work: Works on one slice; its scratch memory is its own.
    /// - Returns: The slices' results in order.
    /// - Throws: What the first slice that failed threw.
    package static func slices<Output: Sendable>(
        of total: Int,
        minimum: Int = 32,
        _ work: @Sendable (Range<Int>) throws -> Output
    ) throws -> [Output] {
        guard total >= minimum else { return [try work(0..<total)] }
        let parts = max(1, min(count * 4, total / 8))
        let size = (total + parts - 1) / parts
        return try each(of: parts) { part in
            Result {
                try work(min(part * size, total)..<min((part + 1) * size, total))
            }
        }.map { try $0.get() }
    }

    /// Works on items one by one, several at once; who has ended with one takes the next.
    ///
    /// - Parameters:
    ///   - total: How many items there are.
    ///   - workers: How many work at most.
    ///   - work: Works on one item.
    /// - Returns: The items' results in order.
    package static func each<Output: Sendable>(
        of total: Int,
        workers: Int = Cores.count,
        _ work: @Sendable (Int) -> Output
    ) -> [Output] {
        if total == 1 || workers == 1 { return (0..<total).map(work) }
        let state = Mutex((next: 0, results: [Output?](repeating: nil, count: total)))
        DispatchQueue.concurrentPerform(iterations: min(workers, total)) { _ in
            while true {
                let item = state.withLock { state in
                    defer { state.next += 1 }
                    return state.next
                }
                guard item < total else { return }
                let result = work(item)
                state.withLock { $0.results[item] = result }
            }
        }
        return state.withLock { $0.results.compactMap { $0 } }
    }
}
