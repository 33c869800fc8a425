internal import FHIRModel
internal import Guard
internal import Synchronization
internal import VaultCore

/// One export: who asked for it, how far it is, and what it will carry.
final class ExportJob: Sendable {
    enum Phase: Sendable {
        /// Hundredths of the patients looked at.
        case running(Int)
        case complete(ExportPlan)
        /// Why there is none; in words without plaintext.
        case failed(Problem)
    }

    private struct State {
        var phase = Phase.running(0)
        var requester: Requester
        var isCancelled = false
    }

    let id: String
    let request: ExportRequest
    /// Everything changed until now is in it.
    let started: Instant
    let end: Instant
    private let state: Mutex<State>

    /// Files can be fetched for so long.
    static let life: Duration = .seconds(3_600)

    init(id: String, request: ExportRequest, requester: Requester, now: Instant) {
        self.id = id
        self.request = request
        started = now
        end = now.advanced(by: Self.life)
        state = Mutex(State(requester: requester))
    }

    var phase: Phase { state.withLock { $0.phase } }

    /// Who asks, with the newest token: an export may take longer than a token lives.
    var requester: Requester { state.withLock { $0.requester } }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func cancel() { state.withLock { $0.isCancelled = true } }

    func move(to phase: Phase) { state.withLock { $0.phase = phase } }

    /// Goes on in the name of the token that asks how far it is.
    func renew(_ requester: Requester) {
        state.withLock {
            if $0.requester.facts.end < requester.facts.end { $0.requester = requester }
        }
    }
}

/// The exports of this process; a restart ends them all, as it ends all tokens.
final class ExportJobs: Sendable {
    private let jobs = Mutex<[String: ExportJob]>([:])

    /// Exports kept for one client, and for all.
    private static let limit = (each: 8, all: 64)

    /// Keeps a job; `false` where its client, or everybody together, has too many.
    func add(_ job: ExportJob, now: Instant) -> Bool {
        jobs.withLock { jobs in
            jobs = jobs.filter { $0.value.end > now }
            let own = jobs.values.count { $0.requester.isSame(as: job.requester) }
            guard own < Self.limit.each, jobs.count < Self.limit.all else { return false }
            jobs[job.id] = job
            return true
        }
    }

    /// The job of a name, for its own requester only.
    func job(_ id: String, for requester: Requester, now: Instant) -> ExportJob? {
        jobs.withLock { jobs in
            guard let job = jobs[id], job.end > now, job.requester.isSame(as: requester) else {
                return nil
            }
            return job
        }
    }

    func drop(_ job: ExportJob) {
        job.cancel()
        jobs.withLock { $0[job.id] = nil }
    }
}
