internal import Consent
internal import FHIRModel
internal import Guard
internal import Records
internal import VaultCore

/// One import in progress: resources are gathered into batches, planned, sealed, announced and inserted.
struct ImportWork {
    /// A batch ends at this many resources or bytes, so that memory stays bounded.
    static let batchResources = 4_096
    static let batchBytes = 12 << 20

    let vault: VaultService
    let session: WriteSessionID
    let writer: any RecordWriter
    /// One for each file, in order; the last is the one being read.
    private var reports = [ImportReport()]
    private var owners: OwnerFinder
    private var batch: [PendingResource] = []
    private var batchByteCount = 0
    private var later: [AnalysedResource] = []
    private var patients: Set<RecordOwner> = []
    /// The owner of the resource before: files are mostly of one patient.
    private var lastOwner: RecordOwner?
    /// Patients of the files that are done; the vault knows of them only once their batch is planned.
    private var held: Set<RecordOwner> = []
    /// Patients of whom neither vault nor file has shown a Patient resource yet, with who named them.
    private var awaited: [RecordID: (entry: Int, type: String)] = [:]
    /// Versions that must stand there before, 0 for none, where a writer expects one.
    var expectedVersions: [RecordID: UInt32] = [:]
    /// Versions that were written; kept only for a writer of single changes.
    private(set) var versions: [RecordID: UInt32]?

    init(vault: VaultService, session: WriteSessionID, writer: any RecordWriter) {
        self.vault = vault
        self.session = session
        self.writer = writer
        owners = OwnerFinder(vault: vault, session: session, writer: writer)
    }

    /// Stores everything of a file.
    mutating func run(
        _ prepared: PreparedFile,
        _ progress: (Int, Int) -> Void
    ) throws -> ImportReport {
        try take(prepared, progress)
        try flush()
        return reports[0]
    }

    /// Stores everything of several files; what one of them lacks none of the others may give it.
    ///
    /// - Parameters:
    ///   - files: In order.
    ///   - progress: Told the place of the file and how many resources of how many are done.
    /// - Returns: One report for each.
    /// - Throws: A ``Failure``; then nothing of any of them may be committed.
    mutating func run(
        _ files: [PreparedFile],
        _ progress: (Int, Int, Int) -> Void
    ) throws -> [ImportReport] {
        for (place, file) in files.enumerated() {
            if place > 0 { beginNext() }
            try take(file) { progress(place, $0, $1) }
        }
        try flush()
        return reports
    }

    private mutating func take(
        _ prepared: PreparedFile,
        _ progress: (Int, Int) -> Void
    ) throws {
        for resource in prepared.resources {
            try add(resource)
            progress(report.resources, prepared.resourceCount)
        }
        if let file = prepared.file { try read(file, prepared, progress) }
        try finish()
    }

    /// The report of the file being read.
    private(set) var report: ImportReport {
        get { reports[reports.count - 1] }
        set { reports[reports.count - 1] = newValue }
    }

    private mutating func beginNext() {
        held.formUnion(patients)
        patients = []
        lastOwner = nil
        owners.forgetFile()
        reports.append(ImportReport())
    }

    /// The second pass over a file that was not kept; labels and digests are worked out on all cores.
    private mutating func read(
        _ file: FHIRFile,
        _ prepared: PreparedFile,
        _ progress: (Int, Int) -> Void
    ) throws {
        var reader = FHIRFileReader(file, prepared.source)
        var read: [(resource: FileResource, summary: ResourceSummary)] = []
        var byteCount = 0
        var isAtEnd = false
        while !isAtEnd {
            if let resource = try reader.nextResource() {
                if resource.isOutcome { continue }
                read.append((resource, reader.summary))
                byteCount += resource.document.byteCount
                if read.count < Self.batchResources / 4, byteCount < Self.batchBytes / 4 {
                    continue
                }
            } else {
                isAtEnd = true
            }
            for resource in try analyse(read, isPart2Source: prepared.isPart2Source) {
                try add(resource)
                progress(report.resources, prepared.resourceCount)
            }
            read = []
            byteCount = 0
        }
    }

    private func analyse(
        _ read: [(resource: FileResource, summary: ResourceSummary)],
        isPart2Source: Bool
    ) throws -> [AnalysedResource] {
        let labeller = vault.labeller
        return try Cores.slices(of: read.count) { slice in
            var labeller = labeller
            return read[slice].map {
                AnalysedResource(
                    $0.resource,
                    $0.summary,
                    labeller: &labeller,
                    isPart2Source: isPart2Source
                )
            }
        }.flatMap { $0 }
    }

    /// Writes single changes and answers the version of each record; one that was not written is not in it.
    mutating func run(_ changes: [AnalysedResource]) throws -> [RecordID: UInt32] {
        versions = [:]
        for change in changes { try add(change) }
        try finish()
        try flush()
        return versions ?? [:]
    }

    private mutating func add(_ resource: AnalysedResource) throws {
        report.resources += 1
        try place(resource, isLast: false)
        if later.count >= OwnerFinder.waitingLimit { try placeWaiting(isLast: false) }
        if batch.count >= Self.batchResources || batchByteCount >= Self.batchBytes { try flush() }
    }

    private mutating func finish() throws {
        try placeWaiting(isLast: true)
        if let missing = awaited.values.min(by: { $0.entry < $1.entry }) {
            throw VaultError.unknownPatient(entry: missing.entry, type: missing.type)
        }
        report.patientIDs = Set(
            patients.compactMap { owner in
                if case .patient(let id) = owner { id } else { nil }
            }
        )
    }

    /// Asks the vault about what still waits for a record that the file has not shown.
    private mutating func placeWaiting(isLast: Bool) throws {
        if later.isEmpty { return }
        var waiting = later
        later = []
        for resource in waiting { try place(resource, isLast: false) }
        if later.isEmpty { return }
        // Records of a file before this one are found only once they are rows.
        try flush()
        waiting = later
        later = []
        for resource in waiting { try place(resource, isLast: isLast, asksVault: true) }
    }

    private mutating func place(
        _ resource: AnalysedResource,
        isLast: Bool,
        asksVault: Bool = false
    ) throws {
        switch try owners.owner(of: resource, isLast: isLast, asksVault: asksVault) {
        case .owner(let owner):
            try owners.note(resource, owner)
            try expect(owner, of: resource)
            batch.append(
                PendingResource(resource: resource, owner: owner, file: reports.count - 1)
            )
            batchByteCount += resource.document.byteCount
            if resource.item.labels.contains(.unclassified) { report.unlabelled += 1 }
        case .later: later.append(resource)
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
    private mutating func expect(_ owner: RecordOwner, of resource: AnalysedResource) throws {
        if owner == lastOwner, resource.identity == nil { return }
        lastOwner = owner
        let isNew = patients.insert(owner).inserted
        guard case .patient(let patient) = owner else { return }
        if resource.record == patient {
            awaited[patient] = nil
        } else if isNew, !held.contains(owner), try !vault.guard.holds(patient, in: session) {
            awaited[patient] = (resource.entry, resource.record.type)
        }
    }

    private mutating func flush() throws {
        guard !batch.isEmpty else { return }
        let shares = BatchShares(batch)
        batch = []
        batchByteCount = 0
        for round in shares.rounds {
            let plans = try vault.guard.plan(round.map(\.write), in: session)
            if versions != nil { try noteVersions(round, plans) }
            try store(round, plans)
        }
    }

    /// Keeps the planned versions, and refuses a plan that follows another version than was expected.
    private mutating func noteVersions(_ round: [PatientBatch], _ plans: [PatientPlan]) throws {
        for (part, plan) in zip(round, plans) {
            for (resource, store) in zip(part.resources, plan.stores) {
                guard let store else { continue }
                if let expected = expectedVersions[resource.record], store.version != expected + 1 {
                    throw VaultError.versionConflict
                }
                versions?[resource.record] = store.version
            }
        }
    }

    /// Seals what was planned, announces it, and inserts the rows.
    private mutating func store(_ round: [PatientBatch], _ plans: [PatientPlan]) throws {
        let sealer = BatchSealer(vault: vault.guard.vault, random: vault.random)
        var versions = try sealer.seal(round, plans)
        var relabelled: [PatientPseudonym: Int] = [:]
        for plan in plans where !plan.moves.isEmpty {
            let moved = try Resealing(vault: vault, session: session, writer: writer).rows(plan)
            relabelled[plan.pseudonym] = moved.count
            versions += moved.map { SealedVersion(row: $0, commitment: $0.commitment) }
        }
        var hashes: [PatientPseudonym: [[UInt8]]] = [:]
        for version in versions {
            hashes[version.row.header.patient, default: []].append(version.commitment)
        }
        let announced = hashes.map { SealedHashes(pseudonym: $0.key, hashes: $0.value) }
        guard let index = try vault.guard.recordIntent(announced, in: session) else { return }
        for version in versions {
            var header = version.row.header
            header.logIndex = Int64(index)
            try version.row.sealed.withUnsafeBytes { bytes in
                if version.row.isCurrent {
                    try writer.insert(header, sealed: bytes)
                } else {
                    try writer.reseal(header, sealed: bytes)
                }
            }
        }
        for (part, plan) in zip(round, plans) {
            for (place, store) in plan.stores.enumerated() where store != nil {
                let file = part.files[place]
                reports[file].stored += 1
                reports[file].bytes += part.resources[place].document.byteCount
            }
            // What moves does so because of a later reference: it counts for the last file.
            if let count = relabelled[plan.pseudonym], let file = part.files.last {
                reports[file].relabelled += count
            }
        }
    }
}
