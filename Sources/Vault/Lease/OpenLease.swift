internal import Consent
internal import FHIRModel
public import Guard
internal import Records
internal import Sealing
public import VaultCore

/// How a request for a lease ended.
public enum LeaseOutcome: Sendable {
    /// Refused; unknown, hidden and denied patients look alike.
    case denied(Denial)
    /// Permitted.
    case opened(Lease)
}

extension VaultService {
    /// Asks for a patient's record and opens what is permitted of it; nothing has left yet.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - caller: Who asks, several times: a session or a token; the operator may not.
    /// - Returns: A lease, or a refusal that looks the same whatever the reason.
    /// - Throws: A ``Failure``.
    public func openLease(_ request: ReleaseRequest, by caller: Caller) throws -> LeaseOutcome {
        switch try `guard`.release(request, by: caller) {
        case .denied(let denial): return .denied(denial)
        case .granted(let grant):
            return .opened(
                try LeaseReader(vault: self, grant: grant, request: request, caller: caller).open()
            )
        }
    }

    /// Opens the shared directory of organizations, practitioners and places.
    ///
    /// - Parameters:
    ///   - types: Resource types asked for.
    ///   - caller: Who asks.
    ///   - context: Where the call came from.
    ///   - now: From which the lease's end is counted.
    /// - Returns: A lease of the directory; an empty one where the vault has none.
    /// - Throws: A ``Failure``.
    public func openDirectory(
        types: [String],
        by caller: Caller,
        context: CallContext,
        now: Instant
    ) throws -> Lease {
        let grant = try `guard`.releaseDirectory(types: types, by: caller, context: context)
        var found: [LeasedRecord] = []
        var openers: [SegmentTag: (GrantedSegment, SegmentOpener)] = [:]
        if let grant {
            openers = try Self.openers(grant.segments)
            var dresser = RecordDresser(owner: nil)
            var rows: [(RowOutline, [UInt8])] = []
            try records.forEachRow(
                of: grant.pseudonym,
                segments: Set(grant.segments.map(\.tag)),
                versions: .current
            ) { row in
                guard let (_, opener) = openers[row.header.segment] else { return }
                rows.append((RowOutline(row.header), try opener.openedRow(row, in: `guard`.vault)))
            }
            let times = try `guard`.times(ofEntries: Set(rows.map(\.0.logIndex)), by: caller)
            for (outline, bytes) in rows {
                let dressed = try dresser.dress(bytes, outline, at: times[outline.logIndex])
                if types.isEmpty || types.contains(dressed.record.type) { found.append(dressed) }
            }
        }
        return Lease(
            patient: nil,
            grant: nil,
            request: nil,
            caller: caller,
            directory: grant,
            openers: openers,
            records: found,
            end: now.advanced(by: Limits.grantLifetime)
        )
    }

    static func openers(
        _ segments: [GrantedSegment]
    ) throws -> [SegmentTag: (GrantedSegment, SegmentOpener)] {
        var openers: [SegmentTag: (GrantedSegment, SegmentOpener)] = [:]
        for segment in segments {
            openers[segment.tag] = (segment, try SegmentOpener(readKey: segment.readKey))
        }
        return openers
    }
}

/// What a lease keeps of a row beside its contents.
struct RowOutline {
    var number: UInt32
    var version: UInt32
    var logIndex: Int64
    var isDeleted: Bool

    init(_ header: RowHeader) {
        number = UInt32(header.number)
        version = header.version
        logIndex = header.logIndex
        isDeleted = header.isDeleted
    }
}

extension SegmentOpener {
    /// The contents of a row of this segment.
    func openedRow(_ row: BorrowedRow, in vault: VaultID) throws -> [UInt8] {
        do { return try open(row.sealed, at: row.header.location(in: vault)) } catch {
            throw VaultError.damagedRecord
        }
    }
}

/// Opens all that a grant permits of a patient's record.
struct LeaseReader {
    let vault: VaultService
    let grant: Grant
    let request: ReleaseRequest
    let caller: Caller

    func open() throws -> Lease {
        let openers = try VaultService.openers(grant.segments)
        var filter = RecordFilter(vault: vault, grant: grant, request: request)
        var parser = JSONParser()
        var rows: [(RowOutline, OpenedRecord)] = []
        try vault.records.forEachRow(
            of: grant.patient,
            segments: Set(grant.segments.map(\.tag)),
            versions: .current
        ) { row in
            guard let (segment, opener) = openers[row.header.segment] else { return }
            let bytes = try opener.openedRow(row, in: vault.guard.vault)
            if segment.needsFilter {
                guard let document = try? parser.parse(bytes) else {
                    throw VaultError.damagedRecord
                }
                guard try filter.admits(document, segment: segment.segment) else { return }
            }
            guard let id = bytes.withUnsafeBytes({ RecordID(ofResource: $0) }) else {
                throw VaultError.damagedRecord
            }
            rows.append(
                (
                    RowOutline(row.header),
                    OpenedRecord(row.header, id, bytes, of: segment.segment)
                )
            )
        }
        rows.sort { $0.0.number < $1.0.number }
        // What the records say of records that stay behind is taken out.
        let opened = rows.map(\.1)
        let told = try ResponseRedaction(of: opened, under: grant, in: vault).apply(to: opened)
        let times = try vault.guard.times(
            ofEntries: Set(rows.map(\.0.logIndex)),
            by: caller
        )
        var dresser = RecordDresser(
            owner: grant.reference,
            visible: Set(opened.map(\.disclosed.record))
        )
        return Lease(
            patient: grant.reference,
            grant: grant,
            request: request,
            caller: caller,
            directory: grant.directory,
            openers: openers,
            records: try zip(rows, told).map { row, told in
                try dresser.dress(
                    told.disclosed.bytes,
                    row.0,
                    at: times[row.0.logIndex],
                    isRedacted: told.disclosed.bytes != row.1.disclosed.bytes
                )
            },
            end: grant.end
        )
    }
}

extension OpenedRecord {
    init(_ header: RowHeader, _ record: RecordID, _ bytes: [UInt8], of segment: Segment) {
        self.init(
            number: UInt32(header.number),
            segment: segment,
            disclosed: DisclosedRecord(
                record: record,
                version: header.version,
                bytes: bytes,
                isIncluded: false
            )
        )
    }
}
