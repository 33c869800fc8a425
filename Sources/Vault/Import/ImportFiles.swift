internal import Dispatch
public import FHIRModel
public import Guard
internal import Synchronization
internal import VaultCore

extension VaultService {
    /// Imports several files, each all or nothing, and prepares the next while some are stored.
    ///
    /// Small files share one transaction, and with it its flushes; where one of them is refused, each is
    /// stored by itself, so that those before it are in the vault and nothing of it is.
    ///
    /// - Parameters:
    ///   - count: How many files.
    ///   - caller: Who imports.
    ///   - isPart2Source: Whether the source is a 42 CFR Part 2 program.
    ///   - context: Where the call came from.
    ///   - open: Opens a file by its number, from 0; called on another thread.
    ///   - progress: Told the file's number and how many resources of how many are done.
    ///   - stored: Told each file's number and report, in order, once it is on the disk.
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
        let ahead = FilesAhead(count, open: open) {
            try self.prepare($0, isPart2Source: isPart2Source, isAlone: $1)
        }
        defer {
            ahead.stop()
            settle()
        }
        var first = 0
        while let group = ahead.next() {
            try store(group, first, by: caller, context: context, progress, stored)
            if let failure = group.failure { throw failure }
            first += group.files.count
            // Thousands of small pieces: to let go of them takes a while, and nobody need wait for it.
            DispatchQueue.global(qos: .utility).async { withExtendedLifetime(group) {} }
        }
    }

    private func store(
        _ group: FileGroup,
        _ first: Int,
        by caller: Caller,
        context: CallContext,
        _ progress: (Int, Int, Int) -> Void,
        _ stored: (Int, ImportReport) throws -> Void
    ) throws {
        if group.files.count > 1,
            let reports = try storeTogether(
                group.files,
                by: caller,
                context: context,
                { progress(first + $0, $1, $2) }
            )
        {
            for (place, report) in reports.enumerated() { try stored(first + place, report) }
            return
        }
        for (place, file) in group.files.enumerated() {
            let report = try importPrepared(file, by: caller, context: context) {
                progress(first + place, $0, $1)
            }
            try stored(first + place, report)
        }
    }
}

/// Files that are stored together, read and checked.
struct FileGroup: Sendable {
    /// In order; those before the first that could not be read.
    let files: [PreparedFile]
    /// Why the file after them could not be read.
    let failure: (any Error)?

    /// Bytes of the files of a group, but for the last.
    static let byteLimit = 3 << 20
    private static let countLimit = 64

    /// Opens and prepares files up to the limit, so many at once as there are workers.
    init(
        _ numbers: Range<Int>,
        byteLimit: Int,
        workers: Int,
        open: @Sendable (Int) throws -> any ByteSource,
        prepare: @Sendable (any ByteSource, Bool) throws -> PreparedFile
    ) {
        var sources: [any ByteSource] = []
        var failure: (any Error)?
        var byteCount = 0
        for number in numbers where failure == nil {
            do {
                let source = try open(number)
                byteCount += source.byteCount
                sources.append(source)
            } catch { failure = error }
            if byteCount >= byteLimit || sources.count == Self.countLimit { break }
        }
        let opened = sources
        var files: [PreparedFile] = []
        let isAlone = opened.count == 1
        let results = Cores.each(of: opened.count, workers: workers) { place in
            Result { try prepare(opened[place], isAlone) }
        }
        for result in results {
            do { files.append(try result.get()) } catch {
                failure = error
                break
            }
        }
        self.files = files
        self.failure = failure
    }
}

/// Prepares groups of files on another thread, a few of them ahead of who stores them.
private final class FilesAhead: Sendable {
    private struct State {
        var ready: [FileGroup] = []
        var isStopped = false
    }

    /// So many groups may wait: while one is flushed the others keep the cores busy.
    private static let groupLimit = 2

    private let state = Mutex(State())
    private let isReady = DispatchSemaphore(value: 0)
    // A semaphore must not end below the value it began with.
    private let hasRoom = DispatchSemaphore(value: 0)

    init(
        _ count: Int,
        open: @escaping @Sendable (Int) throws -> any ByteSource,
        prepare: @escaping @Sendable (any ByteSource, Bool) throws -> PreparedFile
    ) {
        for _ in 0..<Self.groupLimit { hasRoom.signal() }
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            var first = 0
            while first < count {
                hasRoom.wait()
                let (isStopped, isAwaited) = state.withLock { ($0.isStopped, $0.ready.isEmpty) }
                if isStopped { return }
                // The first is small: until it is ready nothing can be stored.
                let group = FileGroup(
                    first..<count,
                    byteLimit: first == 0 ? FileGroup.byteLimit / 4 : FileGroup.byteLimit,
                    // With a group in stock the other core is left to who stores.
                    workers: isAwaited ? Cores.count : 1,
                    open: open,
                    prepare: prepare
                )
                first = group.failure == nil ? first + group.files.count : count
                state.withLock { $0.ready.append(group) }
                isReady.signal()
            }
            isReady.signal()
        }
    }

    /// Waits for the next group; `nil` after the last.
    func next() -> FileGroup? {
        isReady.wait()
        return state.withLock { state in
            guard !state.ready.isEmpty else { return nil }
            defer { hasRoom.signal() }
            return state.ready.removeFirst()
        }
    }

    /// Prepares no more.
    func stop() {
        state.withLock { $0.isStopped = true }
        hasRoom.signal()
    }
}
