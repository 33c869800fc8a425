import Consent
import Foundation
import Guard
import Vault
import VaultCore

/// Everything that is measured at one number of patients.
struct VaultRows {
    /// What a line shows, in the order of the table.
    var cells: [(name: String, value: String)] = []

    private let vault: BenchmarkVault
    private let copies: SyntheaCopies

    init(_ copies: SyntheaCopies, patients: Int, project: URL, folder: URL) throws {
        self.copies = copies
        vault = try BenchmarkVault(in: folder, project: project)
        try importRows(patients, folder)
        try requestRows()
        try checkRows()
        try vault.remove()
    }

    private mutating func add(_ name: String, _ value: String) { cells.append((name, value)) }

    private mutating func importRows(_ patients: Int, _ folder: URL) throws {
        let files = folder.appending(path: "vault-benchmark-files-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: files) }
        let bundles = try (0..<patients).map { number in
            let file = files.appending(path: "\(number).json")
            try Data(copies.bundle(number).bytes).write(to: file)
            return file
        }
        var report = ImportReport()
        var seconds = 0.0
        Measure.resetPeak()
        let coreSeconds = try Measure.coreSeconds {
            seconds = try Measure.seconds { report = try vault.importFiles(bundles) }
        }
        let (resources, bytes) = (report.stored, report.bytes)
        let size = Measure.bytes(in: vault.folder)
        add("resources stored", "\(resources)")
        add("JSON, MB", Text.fixed(Double(bytes) / 1e6))
        add("import, resources/s", Text.fixed(Double(resources) / seconds, 0))
        add("import, resources/core second", Text.fixed(Double(resources) / coreSeconds, 0))
        add("import, JSON MB/s", Text.fixed(Double(bytes) / 1e6 / seconds))
        add("import, peak memory MB", Text.fixed(Measure.peakMB(), 0))
        add("disk, bytes a record", Text.fixed(Double(size) / Double(resources), 0))
        add("disk / JSON", Text.fixed(Double(size) / Double(bytes), 2))
    }

    private mutating func requestRows() throws {
        var round = 1
        var stored = 0
        var patient = copies.bundle(0).patient
        while stored < 1_000 {
            let more = copies.more(round)
            stored += try vault.importBundle(more.bytes).stored
            patient = more.patient
            round += 1
        }
        let caller = try vault.session(
            "patient",
            Requester(kind: .patient, references: ["Patient/\(patient.text)"])
        )
        let whole = ReleaseRequest(patient: .id(patient), purposes: ["PATRQT"])
        var released: [DisclosedRecord] = []
        var runs: [Double] = []
        let coreSeconds = try Measure.coreSeconds {
            runs = try Measure.runs(30) { _ in
                guard case .released(let answer) = try vault.service.request(whole, by: caller)
                else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
                released = answer.records
            }
        }
        let own = released.filter { !$0.isIncluded }
        let scale = 1_000 / Double(own.count)
        add("whole patient of \(own.count), ms", Text.fixed(runs.median * 1e3))
        add("... for 1,000 resources, ms", Text.fixed(runs.median * scale * 1e3))
        add("... for 1,000, core ms", Text.fixed(coreSeconds / 30 * scale * 1e3))
        try singleReads(own, whole, caller)
        try finds(own)
    }

    private mutating func singleReads(
        _ records: [DisclosedRecord],
        _ whole: ReleaseRequest,
        _ caller: Caller
    ) throws {
        var one = whole
        let flushes = Measure.flushes(in: vault.folder)
        var reads: [Double] = []
        let coreSeconds = try Measure.coreSeconds {
            reads = try Measure.runs(300) { run in
                one.record = records[run * 7 % records.count].record
                guard case .released(let answer) = try vault.service.request(one, by: caller),
                    answer.releasedCount == 1
                else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
            }
        }
        add("single read, p50 us", Text.fixed(reads.median * 1e6, 0))
        add("single read, p99 us", Text.fixed(reads.percentile(0.99) * 1e6, 0))
        add("single read, core us", Text.fixed(coreSeconds / 300 * 1e6, 0))
        add("append + fdatasync, p50 us", Text.fixed(flushes.median * 1e6, 0))
        add("single read / fdatasync", Text.fixed(reads.median / flushes.median))
    }

    private mutating func finds(_ records: [DisclosedRecord]) throws {
        let caller = try vault.session("registrar", Requester(kind: .registrar))
        guard let patient = records.first(where: { $0.record.type == "Patient" }),
            let json = try JSONSerialization.jsonObject(with: Data(patient.bytes))
                as? [String: Any],
            let identifier = (json["identifier"] as? [[String: Any]])?.first,
            let system = identifier["system"] as? String,
            let value = identifier["value"] as? String
        else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
        var query = FindQuery()
        query.identifier = (system, value)
        let runs = try Measure.runs(100) { _ in
            guard try vault.service.guard.find(query, by: caller).patients.count == 1 else {
                throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
            }
        }
        add("find by identifier, p50 us", Text.fixed(runs.median * 1e6, 0))
    }

    private mutating func checkRows() throws {
        var entries: UInt64 = 0
        var problems = 0
        let log = try Measure.seconds {
            let audit = try vault.service.guard.auditLog(extending: nil, by: .operator)
            entries = audit.entries
            problems += audit.problems.count
        }
        add("log of this vault, entries", "\(entries)")
        add("its check, ms", Text.fixed(log * 1e3))
        var versions = 0
        let whole = try Measure.seconds {
            let report = try vault.service.verify(by: .operator)
            versions = report.versions
            problems += report.problems.count
        }
        add("verify everything, s", Text.fixed(whole, 2))
        add("verify, versions/s", Text.fixed(Double(versions) / whole, 0))
        guard problems == 0 else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
    }
}

/// Numbers as the table shows them.
enum Text {
    static func fixed(_ value: Double, _ digits: Int = 1) -> String {
        String(format: "%.\(digits)f", value)
    }

    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
