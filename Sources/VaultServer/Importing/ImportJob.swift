internal import Synchronization
internal import Vault
internal import VaultCore

/// One import: who sent it, how far it is, and what came of it.
///
/// The file itself is in memory until it is stored.
final class ImportJob: Sendable {
    enum Phase: Sendable {
        /// Hundredths of the resources stored.
        case running(Int)
        case complete(ImportReport)
        /// Why nothing of it is in the vault; in words without plaintext.
        case failed(Problem)
    }

    let id: String
    let requester: Requester
    /// Address as asked.
    let address: String
    let started: Instant
    let end: Instant
    private let state = Mutex(Phase.running(0))

    init(id: String, requester: Requester, address: String, now: Instant) {
        self.id = id
        self.requester = requester
        self.address = address
        started = now
        end = now.advanced(by: ExportJob.life)
    }

    var phase: Phase { state.withLock { $0 } }

    var isRunning: Bool { if case .running = phase { true } else { false } }

    func move(to phase: Phase) { state.withLock { $0 = phase } }
}

/// The imports of this process; what a restart interrupts is in the vault whole, or nothing of it is.
final class ImportJobs: Sendable {
    private let jobs = Mutex<[String: ImportJob]>([:])

    /// Files that wait or are being stored, for one client and for all: each is in memory.
    private static let waiting = (each: 2, all: 4)
    private static let kept = 256

    /// Keeps a job; `false` where its client, or everybody together, has too many.
    func add(_ job: ImportJob, now: Instant) -> Bool {
        jobs.withLock { jobs in
            jobs = jobs.filter { $0.value.end > now }
            let open = jobs.values.filter(\.isRunning)
            guard open.count < Self.waiting.all, jobs.count < Self.kept,
                open.count(where: { $0.requester.isSame(as: job.requester) }) < Self.waiting.each
            else { return false }
            jobs[job.id] = job
            return true
        }
    }

    /// The job of a name, for its own requester only.
    func job(_ id: String, for requester: Requester, now: Instant) -> ImportJob? {
        jobs.withLock { jobs in
            guard let job = jobs[id], job.end > now, job.requester.isSame(as: requester) else {
                return nil
            }
            return job
        }
    }

    func drop(_ job: ImportJob) { jobs.withLock { $0[job.id] = nil } }
}
