import BreachResponse
import Consent
import FHIRModel
import Foundation
import Guard
import Sealing
import Synchronization
import Vault
import VaultCore

/// A scope from the log itself: real entries of many patients, read, opened, checked and counted.
///
/// Clinicians break the glass for patients in turn from a thousand devices; one of them is suspected. Every
/// entry is a decision with its grant and manifest, as a read by a clinician writes it.
struct ScopeRows {
    private let vault: BenchmarkVault
    private let patients: Int
    private let officer: Caller
    private var clinicians: [Caller] = []
    private let began: Instant

    static let suspect = "device-7"

    init(folder: URL, project: URL, patients: Int) throws {
        vault = try BenchmarkVault(in: folder, project: project)
        self.patients = patients
        officer = try vault.session("po", Requester(kind: .privacyOfficer))
        for number in 0..<32 {
            clinicians.append(
                try vault.session(
                    "doctor-\(number)",
                    Requester(kind: .clinician),
                    device: "device-\(number)"
                )
            )
        }
        for first in stride(from: 0, to: patients, by: 500) {
            try Self.write(first..<min(first + 500, patients), into: vault.service.guard)
        }
        began = BenchmarkVault.SystemTime().now()
    }

    func remove() throws { try vault.remove() }

    /// Adds reads until the log has so many entries.
    func fill(to entries: Int) throws {
        let core = vault.service.guard
        let missing = entries - Int(try core.status(by: .operator).logSize)
        let failed = Mutex(0)
        let (callers, patients) = (clinicians, patients)
        DispatchQueue.concurrentPerform(iterations: callers.count) { thread in
            for number in stride(from: thread, to: missing, by: callers.count) {
                let patient = (number &* 7_919) % patients
                guard let named = PatientDesignation("p\(patient)") else { return }
                var request = ReleaseRequest(patient: named, purposes: ["ETREAT"])
                request.breakGlass = BreakGlass(reason: "urgent-care")
                request.context = CallContext(
                    device: "device-\(number % 1_000)",
                    recordServer: "records-1",
                    automation: .human
                )
                guard case .granted? = try? core.release(request, by: callers[thread]) else {
                    return failed.withLock { $0 += 1 }
                }
            }
        }
        guard failed.withLock({ $0 }) == 0 else {
            throw BenchmarkVault.Failure.unexpected(#fileID, line: #line)
        }
    }

    struct Run {
        var entries: Int
        var examined: Int64
        var seconds: Double
        var coreSeconds: Double
        var megabytes: Double
    }

    /// One person's scope.
    ///
    /// - Parameter share: How much of the time since the first read the window covers, at its end.
    /// - Returns: What it cost.
    /// - Throws: What the Guard throws; a failure of the benchmark where a set is not as it must be.
    func scope(share: Double) throws -> Run {
        let now = BenchmarkVault.SystemTime().now()
        let length = Double(now.microseconds - began.microseconds) * share
        let window = ScopeWindow(
            from: Instant(microseconds: now.microseconds - Int64(length)),
            to: now
        )
        let question = ScopeComputation(window: window, suspicion: .device(Self.suspect))
        let query = AccessLogQuery(
            from: window.from,
            until: window.to,
            through: .only(.device, Self.suspect)
        )
        let entries = Int(try vault.service.guard.status(by: .operator).logSize)
        var run = Run(entries: entries, examined: 0, seconds: 0, coreSeconds: 0, megabytes: 0)
        Measure.resetPeak()
        run.seconds = try Measure.seconds {
            run.coreSeconds = try Measure.coreSeconds {
                let log = try vault.service.guard.accessLog(
                    query,
                    by: officer,
                    context: CallContext()
                )
                let result = try question.run(LoggedHistory(log))
                // A short window may have no read of the suspect in it.
                guard result.doubts.isEmpty, result.digest.count == 64,
                    !result.accessed.isEmpty || share < 1, result.patientCount == patients
                else { throw BenchmarkVault.Failure.unexpected(#fileID, line: #line) }
                run.examined = result.entryCount
            }
        }
        run.megabytes = Measure.peakMB()
        return run
    }

    private static func write(_ numbers: Range<Int>, into core: any GuardService) throws {
        let write = try core.beginWrite(by: .operator, origin: "bench", context: CallContext())
        var writes: [PatientWrite] = []
        for number in numbers {
            let names = ["Patient/p\(number)"] + (0..<4).map { "Observation/o\(number)-\($0)" }
            let records = names.compactMap { RecordID($0) }
            guard let patient = records.first else { continue }
            writes.append(
                PatientWrite(
                    patient: patient,
                    items: records.map { record in
                        WriteItem(
                            record: record,
                            digest: SystemRandom().bytes(32),
                            category: record == patient ? .demographics : .laboratory,
                            labels: .none,
                            namesOthers: false
                        )
                    },
                    facts: [],
                    identity: nil
                )
            )
        }
        let plans = try core.plan(writes, in: write)
        _ = try core.recordIntent(
            plans.map { plan in
                SealedHashes(
                    pseudonym: plan.pseudonym,
                    hashes: plan.stores.compactMap { $0 }.map { _ in SystemRandom().bytes(32) }
                )
            },
            in: write
        )
        _ = try core.finishWrite(write)
    }
}
