internal import Consent
internal import Dispatch
internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

/// `$import`: a file of NDJSON, sent whole, stored whole or not at all, while its client asks how far it is.
///
/// The file is sent and never fetched, so no address of a client's choice is called. Ids in it are kept, and a record
/// that is there already gets a new version. For those whose work is to keep records, like `patientvault import`:
/// what they bring in may state facts, and they need not see whose records they keep.
struct Importing {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    private var server: Server { request.server }

    private static let kinds: Set<RequesterKind> = [.registrar, .administrator]

    func kickOff() throws -> HTTPReply {
        guard Self.kinds.contains(request.requester.facts.kind) else { throw Problem.forbidden }
        // A file may hold anything, new or known: a token for a part of that is not enough.
        guard
            request.requester.facts.scopes.contains(where: {
                $0.type == nil && $0.filters.isEmpty
                    && $0.actions.isSuperset(of: [.create, .update])
            })
        else { throw Problem.forbidden }
        guard Exporting(request).isAsync else {
            throw Problem.invalid("an import is asked for with `Prefer: respond-async`")
        }
        guard !request.call.body.isEmpty else { throw Problem.invalid("the body is empty") }
        let job = ImportJob(
            id: Hex.encode(server.random.bytes(16)),
            requester: request.requester,
            address: server.origin + request.call.path,
            now: request.now
        )
        guard server.imports.add(job, now: request.now) else {
            var problem = Problem(429, "throttled", "too many imports are waiting")
            problem.headers = [("Retry-After", "30")]
            throw problem
        }
        let body = request.call.body
        server.importQueue.async { [server] in Self.run(job, body, server) }
        var reply = HTTPReply(status: 202)
        reply.headers = [
            ("Content-Location", "\(request.base)/bulk/\(job.id)"), ("Cache-Control", "no-store"),
        ]
        return reply
    }

    private static func run(_ job: ImportJob, _ body: [UInt8], _ server: Server) {
        do {
            let report = try server.vault.importFile(
                MemorySource(body),
                by: job.requester.caller,
                context: job.requester.context
            ) { done, all in job.move(to: .running(done * 99 / max(1, all))) }
            job.move(to: .complete(report))
        } catch { job.move(to: .failed(Problem(error))) }
        server.subscriptionSignal.signal()
    }

    /// How far an import is; `nil` where there is none of this name for this requester.
    func status() throws -> HTTPReply? {
        guard let job else { return nil }
        switch job.phase {
        case .running(let hundredths): return Exporting.progress(hundredths)
        case .failed(let problem): throw problem
        case .complete(let report):
            var reply = server.json(200, Self.manifest(of: job, report))
            reply.headers.append(("Expires", HTTPDate.text(job.end)))
            return reply
        }
    }

    /// Forgets what came of an import; one that is being stored goes on, for half of it may be stored already.
    func end() -> HTTPReply? {
        guard let job else { return nil }
        server.imports.drop(job)
        return server.fhir(202, Outcome.success("the import is forgotten; what it stored stays"))
    }

    private var job: ImportJob? {
        request.match.id.flatMap {
            server.imports.job($0.text, for: request.requester, now: request.now)
        }
    }

    private static func manifest(of job: ImportJob, _ report: ImportReport) -> JSONValue {
        [
            "transactionTime": .string(job.started.description),
            "request": .string(job.address),
            "outcome": .array([
                [
                    "resources": .int(Int64(report.resources)),
                    "stored": .int(Int64(report.stored)),
                    "patients": .int(Int64(report.patients)),
                    "unlabelled": .int(Int64(report.unlabelled)),
                ]
            ]),
            "error": [],
        ]
    }
}
