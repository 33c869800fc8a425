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
    /// - Returns: Problems as values.
    /// - Throws: A ``Failure`` where a file cannot be read at all.
    /// - Complexity: O(entries + versions).
    public func verify(by caller: Caller = .operator) throws -> VerifyReport {
        var audit = try `guard`.audit(by: caller)
        for problem in try records.integrityCheck() {
            audit.problems.append(AuditProblem(kind: "file", detail: problem.detail))
        }
        for (id, records) in audit.incidents.sorted(by: { $0.key < $1.key })
        where (try? Incident(records: records)) == nil {
            audit.problems.append(
                AuditProblem(kind: "log", detail: "breach case `\(id)` took a step that is none")
            )
        }
        var check = StoredVersions(expected: audit.expected)
        try records.forEachVersion { check.compare($0) }
        check.finish()
        return VerifyReport(
            entries: audit.entries,
            versions: check.count,
            problems: audit.problems + check.problems,
            notes: audit.notes
        )
    }
}

/// Compares the rows of the record side with what the log's intents announced.
private struct StoredVersions {
    private(set) var problems: [AuditProblem] = []
    private(set) var count = 0
    private var expected: [PatientPseudonym: [UInt64: ExpectedVersion]]

    init(expected: [PatientPseudonym: [ExpectedVersion]]) {
        self.expected = expected.mapValues { versions in
            Dictionary(
                versions.map { (Self.key($0.number, $0.version), $0) },
                uniquingKeysWith: { $1 }
            )
        }
    }

    mutating func compare(_ row: BorrowedRow) {
        count += 1
        let header = row.header
        let name = "record \(header.number) version \(header.version) of \(header.patient)"
        guard let number = UInt32(exactly: header.number),
            let announced = expected[header.patient]?.removeValue(
                forKey: Self.key(number, header.version)
            )
        else { return report("\(name) is stored, but no write announced it") }
        if header.commitment(sealed: row.sealed) != announced.commitment
            || header.logIndex != Int64(announced.logIndex)
        {
            report("\(name) is not what was announced")
        }
    }

    mutating func finish() {
        for (patient, missing) in expected.sorted(by: { $0.key < $1.key }) {
            for version in missing.values.sorted(by: { $0.number < $1.number }) {
                report(
                    "record \(version.number) version \(version.version) of \(patient) is missing"
                )
            }
        }
    }

    private mutating func report(_ detail: String) {
        if problems.count < 1_000 { problems.append(AuditProblem(kind: "record", detail: detail)) }
    }

    private static func key(_ number: UInt32, _ version: UInt32) -> UInt64 {
        UInt64(number) << 32 | UInt64(version)
    }
}
