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

    /// Imports one file in a write session that the caller was allowed to begin.
    func importFile(
        _ source: some ByteSource,
        in session: WriteSessionID,
        isPart2Source: Bool,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> ImportReport {
        var mayRowsBeStored = false
        do {
            var file = try FHIRFile(source)
            for entry in file.entriesWithoutID { file.assign(try newID(), toEntry: entry) }
            let checked = file
            // CRASH: until this transaction commits no row exists and the next start abandons the
            // intents; after it the next start finds the rows and completes them.
            var report = try records.write { writer in
                var work = ImportWork(
                    vault: self,
                    session: session,
                    writer: writer,
                    isPart2Source: isPart2Source
                )
                var reader = FHIRFileReader(checked, source)
                while let resource = try reader.nextResource() {
                    try work.add(resource, reader.summary)
                    progress(work.report.resources, checked.resourceCount)
                }
                try work.finish()
                mayRowsBeStored = true
                return work.report
            }
            report.logIndex = try `guard`.finishWrite(session)?.index
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

    private func newID() throws -> FHIRID {
        guard let id = FHIRID(Hex.encode(random.bytes(16))) else {
            throw VaultError.damagedRecord
        }
        return id
    }
}

/// One import in progress: resources are gathered into batches, planned, sealed and inserted.
struct ImportWork {
    /// A batch ends at this many resources or bytes, so that memory stays bounded.
    static let batchResources = 8_192
    static let batchBytes = 24 << 20

    let vault: VaultService
    let session: WriteSessionID
    let writer: any RecordWriter
    let isPart2Source: Bool
    private(set) var report = ImportReport()
    private var owners: OwnerFinder
    private var batch: [Pending] = []
    private var batchByteCount = 0
    private var later: [(FileResource, ResourceSummary)] = []
    private var patients: Set<RecordOwner> = []
    /// Patients of whom neither vault nor file has shown a Patient resource yet, with who named them.
    private var awaited: [RecordID: (entry: Int, type: String)] = [:]

    /// A resource whose owner is known.
    struct Pending {
        var resource: FileResource
        var summary: ResourceSummary
        var owner: RecordOwner
    }

    init(
        vault: VaultService,
        session: WriteSessionID,
        writer: any RecordWriter,
        isPart2Source: Bool
    ) {
        self.vault = vault
        self.session = session
        self.writer = writer
        self.isPart2Source = isPart2Source
        owners = OwnerFinder(vault: vault)
    }

    mutating func add(_ resource: FileResource, _ summary: ResourceSummary) throws {
        if resource.isOutcome { return }
        report.resources += 1
        try place(resource, summary, isLast: false)
        if batch.count >= Self.batchResources || batchByteCount >= Self.batchBytes {
            try flush()
        }
    }

    mutating func finish() throws {
        let waiting = later
        later = []
        for (resource, summary) in waiting { try place(resource, summary, isLast: true) }
        if let missing = awaited.values.min(by: { $0.entry < $1.entry }) {
            throw VaultError.unknownPatient(entry: missing.entry, type: missing.type)
        }
        try flush()
        report.patients = patients.count { $0 != .directory }
    }

    private mutating func place(
        _ resource: FileResource,
        _ summary: ResourceSummary,
        isLast: Bool
    ) throws {
        switch try owners.owner(of: resource, summary, isLast: isLast) {
        case .owner(let owner):
            owners.note(resource.record, owner)
            try expect(owner, of: resource)
            batch.append(Pending(resource: resource, summary: summary, owner: owner))
            batchByteCount += resource.document.byteCount
        case .later: later.append((resource, summary))
        case .nobody(let reason):
            throw VaultError.noOwner(
                entry: resource.entry,
                type: resource.record.type,
                reason: reason.text
            )
        case .unknownPatient:
            throw VaultError.unknownPatient(entry: resource.entry, type: resource.record.type)
        }
    }

    /// A resource of a patient whom nobody knows is refused at the end of the file.
    private mutating func expect(_ owner: RecordOwner, of resource: FileResource) throws {
        let isNew = patients.insert(owner).inserted
        guard case .patient(let patient) = owner else { return }
        if resource.record == patient {
            awaited[patient] = nil
        } else if isNew, try !vault.guard.holds(patient) {
            awaited[patient] = (resource.entry, resource.record.type)
        }
    }

    private mutating func flush() throws {
        guard !batch.isEmpty else { return }
        let analysed = BatchAnalysis(batch, vault: vault, isPart2Source: isPart2Source)
        for round in analysed.rounds {
            let plans = try vault.guard.plan(round.map(\.write), in: session)
            try store(round, plans)
        }
        report.unlabelled += analysed.unclassified
        batch = []
        batchByteCount = 0
    }

    /// Seals what was planned, announces it, and inserts the rows.
    private mutating func store(_ round: [PatientBatch], _ plans: [PatientPlan]) throws {
        var rows: [SealedRow] = []
        for (part, plan) in zip(round, plans) {
            rows += try BatchSealer(vault: vault.guard.vault, random: vault.random)
                .seal(part, plan)
        }
        for plan in plans where !plan.moves.isEmpty {
            let moved = try Resealing(vault: vault, session: session, writer: writer)
                .rows(plan)
            report.relabelled += moved.count
            rows += moved
        }
        var hashes: [PatientPseudonym: [[UInt8]]] = [:]
        for row in rows { hashes[row.header.patient, default: []].append(row.commitment) }
        let announced = hashes.map { SealedHashes(pseudonym: $0.key, hashes: $0.value) }
        guard let index = try vault.guard.recordIntent(announced, in: session) else { return }
        for var row in rows {
            row.header.logIndex = Int64(index)
            try row.sealed.withUnsafeBytes { bytes in
                if row.isCurrent {
                    try writer.insert(row.header, sealed: bytes)
                } else {
                    try writer.reseal(row.header, sealed: bytes)
                }
            }
        }
        for (part, plan) in zip(round, plans) {
            for (pending, store) in zip(part.resources, plan.stores) where store != nil {
                report.stored += 1
                report.bytes += pending.resource.document.byteCount
            }
        }
    }
}
