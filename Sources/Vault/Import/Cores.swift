internal import Dispatch
internal import Synchronization

/// Runs a piece of pure work on several cores at once.
enum Cores {
    /// How many slices work is cut into.
    static let count = 2

    /// Cuts `0..<total` into one slice a core and works on all of them at once.
    ///
    /// - Parameters:
    ///   - total: How many items there are.
    ///   - minimum: With fewer items than this, one core does it all: starting another costs more.
    ///   - work: Works on one slice; its scratch memory is its own.
    /// - Returns: The slices' results in order.
    /// - Throws: What the first slice that failed threw.
    static func slices<Output: Sendable>(
        of total: Int,
        minimum: Int = 32,
        _ work: @Sendable (Range<Int>) throws -> Output
    ) throws -> [Output] {
        guard total >= minimum else { return [try work(0..<total)] }
        let size = (total + count - 1) / count
        let results = Mutex([Result<Output, any Error>?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { part in
            let slice = min(part * size, total)..<min((part + 1) * size, total)
            let result = Result { try work(slice) }
            results.withLock { $0[part] = result }
        }
        return try results.withLock { try $0.compactMap { try $0?.get() } }
    }

    /// Works on items one by one, several at once; who has ended with one takes the next.
    ///
    /// - Parameters:
    ///   - total: How many items there are.
    ///   - work: Works on one item.
    /// - Returns: The items' results in order.
    static func each<Output: Sendable>(
        of total: Int,
        _ work: @Sendable (Int) -> Output
    ) -> [Output] {
        if total == 1 { return [work(0)] }
        let state = Mutex((next: 0, results: [Output?](repeating: nil, count: total)))
        DispatchQueue.concurrentPerform(iterations: min(count, total)) { _ in
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
