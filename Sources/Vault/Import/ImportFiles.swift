internal import Dispatch
public import FHIRModel
public import Guard
internal import Synchronization
internal import VaultCore

extension VaultService {
    /// Imports several files, each all or nothing, and prepares the next while one is stored.
    ///
    /// - Parameters:
    ///   - count: How many files.
    ///   - caller: Who imports.
    ///   - isPart2Source: Whether the source is a 42 CFR Part 2 program.
    ///   - context: Where the call came from.
    ///   - open: Opens a file by its number, from 0; called on another thread.
    ///   - progress: Told the file's number and how many resources of how many are done.
    ///   - stored: Told each file's number and report, in order.
    /// - Throws: The first ``Failure``; the files before it are stored, nothing of it and those after it.
    public func importFiles(
        _ count: Int,
        by caller: Caller,
        isPart2Source: Bool = false,
        context: CallContext,
        open: @escaping @Sendable (Int) throws -> any ByteSource,
        progress: (Int, Int, Int) -> Void = { _, _, _ in },
        stored: (Int, ImportReport) throws -> Void
    ) throws {
        let prepare: @Sendable (Int) throws -> PreparedFile = { number in
            try self.prepare(try open(number), isPart2Source: isPart2Source)
        }
        var ahead = count > 0 ? FileAhead { try prepare(0) } : nil
        for number in 0..<count {
            let prepared = try ahead?.take()
            let next = number + 1
            ahead = next < count ? FileAhead { try prepare(next) } : nil
            guard let prepared else { return }
            let report = try importPrepared(prepared, by: caller, context: context) {
                progress(number, $0, $1)
            }
            try stored(number, report)
        }
    }
}

/// A file that is being prepared on another thread.
private final class FileAhead: Sendable {
    private let result = Mutex<Result<PreparedFile, any Error>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(_ prepare: @escaping @Sendable () throws -> PreparedFile) {
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            let found = Result { try prepare() }
            result.withLock { $0 = found }
            isDone.signal()
        }
    }

    /// Waits for the file; to be called once.
    func take() throws -> PreparedFile? {
        isDone.wait()
        return try result.withLock { result in
            defer { result = nil }
            return try result?.get()
        }
    }
}
