internal import Consent
public import FHIRModel
public import Guard
internal import Records
internal import VaultCore

extension VaultService {
    /// Imports one file: all of it or nothing of it.
    ///
    /// - Parameters:
    ///   - source: The file's bytes.
    ///   - caller: Who imports.
    ///   - isPart2Source: Whether the source is a 42 CFR Part 2 program.
    ///   - context: Where the call came from.
    ///   - progress: Told how many resources of how many are done.
    /// - Returns: What was stored.
    /// - Throws: A ``Failure``; then nothing of the file is in the vault.
    public func importFile(
        _ source: some ByteSource,
        by caller: Caller,
        isPart2Source: Bool = false,
        context: CallContext,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ImportReport {
        let session = try `guard`.beginWrite(by: caller, origin: "import", context: context)
        return try importFile(
            source,
            in: session,
            isPart2Source: isPart2Source,
            progress: progress
        )
    }

    /// Imports a file that was prepared before.
    ///
    /// - Parameters:
    ///   - prepared: By this vault's ``prepare(_:isPart2Source:)``.
    ///   - caller: Who imports.
    ///   - context: Where the call came from.
    ///   - progress: Told how many resources of how many are done.
    /// - Returns: What was stored.
    /// - Throws: A ``Failure``; then nothing of the file is in the vault.
    public func importPrepared(
        _ prepared: PreparedFile,
        by caller: Caller,
        context: CallContext,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ImportReport {
        let session = try `guard`.beginWrite(by: caller, origin: "import", context: context)
        return try store(in: session) { try $0.run(prepared, progress) }
    }

    /// Imports files in one transaction.
    ///
    /// - Returns: Their reports; `nil` where one of them was refused and nothing of any is in the vault.
    func storeTogether(
        _ files: [PreparedFile],
        by caller: Caller,
        context: CallContext,
        _ progress: (Int, Int, Int) -> Void
    ) throws -> [ImportReport]? {
        let session = try `guard`.beginWrite(by: caller, origin: "import", context: context)
        var reports: [ImportReport] = []
        do {
            let last = try store(in: session, isSettled: false) { work in
                reports = try work.run(files, progress)
                return reports[reports.count - 1]
            }
            for place in reports.indices { reports[place].logIndex = last.logIndex }
            return reports
        } catch  where reports.isEmpty {
            // Nothing was committed: the files one by one show which of them it was.
            return nil
        }
    }

    /// Imports one file in a write session that the caller was allowed to begin.
    func importFile(
        _ source: some ByteSource,
        in session: WriteSessionID,
        isPart2Source: Bool,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ImportReport {
        let prepared: PreparedFile
        do { prepared = try prepare(source, isPart2Source: isPart2Source) } catch {
            try? `guard`.abandonWrite(session)
            throw error
        }
        return try store(in: session) { try $0.run(prepared, progress) }
    }

    /// Gives back the room that a write needed beside the data.
    ///
    /// What was stored is stored; where there is no room to fold the logs now, it is done later.
    func settle() {
        try? records.settle()
        try? `guard`.settle()
    }

    /// Runs one transaction of rows between its intents and its `stored` entry.
    func store(
        in session: WriteSessionID,
        isSettled: Bool = true,
        _ run: (inout ImportWork) throws -> ImportReport
    ) throws -> ImportReport {
        var mayRowsBeStored = false
        do {
            // CRASH: until this transaction commits no row exists and the next start abandons the
            // intents; after it the next start finds the rows and completes them.
            var report = try records.write { writer in
                var work = ImportWork(vault: self, session: session, writer: writer)
                let report = try run(&work)
                mayRowsBeStored = true
                return report
            }
            report.logIndex = try `guard`.finishWrite(session)?.index
            if isSettled { settle() }
            return report
        } catch {
            // From the commit of the rows on, even a failed one, nobody knows what the disk holds: the
            // next start looks, and completes the write or abandons it. A full disk is certain: nothing.
            if !mayRowsBeStored || error as? RecordsError == .diskFull {
                try? `guard`.abandonWrite(session)
            }
            throw error
        }
    }
}
