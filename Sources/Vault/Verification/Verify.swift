internal import BreachResponse
public import Guard
internal import Records
internal import VaultCore

/// What a verification of the whole vault found.
public struct VerifyReport: Sendable {
    /// Entries in the log.
    public var entries: UInt64
    /// Stored versions that were compared with the log.
    public var versions: Int
    /// Everything that does not hold; empty where all does.
    public var problems: [AuditProblem]
    /// What is worth knowing and no problem.
    public var notes: [String]
}

extension VaultService {
    /// Checks log, proofs, facts, keys, indexes, and every stored version against the log.
    ///
    /// - Parameters:
    ///   - caller: An administrator, officer, overseer or the operator; asks more than once.
    ///   - resumption: Where a Guard of this process keeps how far it has come; `nil` to keep nothing.
    /// - Returns: Problems as values.
    /// - Throws: A ``Failure`` where a file cannot be read at all.
    /// - Complexity: O(entries + versions).
    public func verify(
        by caller: Caller = .operator,
        resumption: VerifyResumption? = nil
    ) throws -> VerifyReport {
        try verify(versionsAtOnce: 200_000, by: caller, resumption: resumption)
    }

    /// The same; so many versions are remembered at once, about half a kilobyte each, and a larger vault is
    /// checked share by share of its patients.
    func verify(
        versionsAtOnce: Int,
        by caller: Caller = .operator,
        resumption: VerifyResumption? = nil
    ) throws -> VerifyReport {
        // A damaged file is told of below.
        let versions = (try? records.counts().versions) ?? 0
        var work = VerifyWork(
            guard: `guard`,
            caller: caller,
            resumption: resumption,
            shareCount: UInt32(clamping: versions / versionsAtOnce + 1),
            now: try `guard`.incidentTime()
        )
        try work.begin()
        let count = work.progress.shareCount
        for share in (0..<count).map({ AuditShare(number: $0, of: count) })
        where !work.progress.shares.contains(share.number) {
            let audit = try work.audit(share)
            var check = StoredVersions()
            try compare(share, audit, &check)
            var problems = audit.problems
            for (id, records) in audit.incidents.sorted(by: { $0.key < $1.key })
            where (try? Incident(records: records)) == nil {
                problems.append(
                    AuditProblem(
                        kind: "log",
                        detail: "breach case `\(id)` took a step that is none"
                    )
                )
            }
            try work.finish(
                share,
                problems: problems + check.problems,
                notes: audit.notes,
                versions: check.count
            )
        }
        for problem in try records.integrityCheck() {
            work.progress.problems.append(AuditProblem(kind: "file", detail: problem.detail))
        }
        return VerifyReport(
            entries: work.entries,
            versions: work.progress.versions,
            problems: work.progress.problems,
            notes: work.progress.notes
        )
    }

    private func compare(
        _ share: AuditShare,
        _ audit: GuardAudit,
        _ check: inout StoredVersions
    ) throws {
        check.begin(audit.expected)
        if share == .whole {
            try records.forEachVersion { check.compare($0) }
        } else {
            for (patient, _) in try records.patients() where share.holds(patient) {
                try records.forEachRow(of: patient, segments: nil, versions: .all) {
                    check.compare($0)
                }
            }
        }
        check.finish()
    }
}

/// Compares the rows of the record side with what the log's intents announced.
private struct StoredVersions {
    private(set) var problems: [AuditProblem] = []
    private(set) var count = 0
    private var expected: [PatientPseudonym: [ExpectedVersion]] = [:]
    /// The patient whose rows are being read, and what has not been met of them.
    private var present: (patient: PatientPseudonym, versions: [UInt64: ExpectedVersion])?

    mutating func begin(_ expected: [PatientPseudonym: [ExpectedVersion]]) {
        self.expected = expected
    }

    mutating func compare(_ row: BorrowedRow) {
        count += 1
        let header = row.header
        if present?.patient != header.patient { turn(to: header.patient) }
        guard let number = UInt32(exactly: header.number),
            let announced = present?.versions.removeValue(
                forKey: Self.key(number, header.version)
            )
        else {
            return report("\(Self.name(header)) is stored, but no write announced it")
        }
        if header.commitment(sealed: row.sealed) != announced.commitment
            || header.logIndex != Int64(announced.logIndex)
        {
            report("\(Self.name(header)) is not what was announced")
        }
    }

    private static func name(_ header: RowHeader) -> String {
        "record \(header.number) version \(header.version) of \(header.patient)"
    }

    /// Goes on with another patient, whose rows come one after the other.
    private mutating func turn(to patient: PatientPseudonym) {
        reportMissing()
        let versions = expected.removeValue(forKey: patient) ?? []
        present = (
            patient,
            Dictionary(
                versions.map { (Self.key($0.number, $0.version), $0) },
                uniquingKeysWith: { $1 }
            )
        )
    }

    private mutating func reportMissing() {
        guard let present else { return }
        missing(Array(present.versions.values), of: present.patient)
        self.present = nil
    }

    mutating func finish() {
        reportMissing()
        for (patient, versions) in expected.sorted(by: { $0.key < $1.key }) {
            missing(versions, of: patient)
        }
        expected = [:]
    }

    private mutating func missing(_ versions: [ExpectedVersion], of patient: PatientPseudonym) {
        for version in versions.sorted(by: { ($0.number, $0.version) < ($1.number, $1.version) }) {
            report("record \(version.number) version \(version.version) of \(patient) is missing")
        }
    }

    private mutating func report(_ detail: String) {
        if problems.count < 1_000 { problems.append(AuditProblem(kind: "record", detail: detail)) }
    }

    private static func key(_ number: UInt32, _ version: UInt32) -> UInt64 {
        UInt64(number) << 32 | UInt64(version)
    }
}
