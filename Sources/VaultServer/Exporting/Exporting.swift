internal import Dispatch
internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Bulk Data: kick-off, status, files and the end of an export.
///
/// A file is made when it is fetched. So nothing of it lies anywhere in the meantime, every patient in it is
/// decided at kick-off and again then, and what has ended between leaves nothing: a file leaves as its manifest
/// counts it, or not at all.
///
/// Source: HL7 FHIR Bulk Data Access 2.0.
struct Exporting {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    private var server: Server { request.server }

    // MARK: Kick-off

    func kickOff() throws -> HTTPReply {
        guard isAsync else {
            throw Problem.invalid("an export is asked for with `Prefer: respond-async`")
        }
        guard request.requester.emergency == nil else {
            throw Problem.invalid("an emergency opens one patient, and no export")
        }
        let level: ExportRequest.Level
        switch request.match.route.interaction {
        case .export: level = .system
        case .exportPatients: level = .patients
        default:
            guard let id = request.match.id else { throw Problem.notFound }
            level = .group(id)
        }
        let query = request.call.query
        let wanted = try ExportRequest(
            level: level,
            address: server.origin + request.call.path + (query.isEmpty ? "" : "?\(query)"),
            try request.pairs(),
            isLenient: request.preference("handling") == "lenient"
        )
        for type in wanted.types { try request.requester.require(.read, on: type) }
        guard !request.requester.facts.scopes.filter({ $0.actions.contains(.read) }).isEmpty else {
            throw Problem.forbidden
        }
        if case .group(let id) = level { try requireGroup(id) }
        return try start(wanted)
    }

    /// A Group that is hidden or not there is the same before anything begins; of one whose members the client
    /// was given, the resource itself is not looked at.
    private func requireGroup(_ id: FHIRID) throws {
        try request.requester.require(.read, on: .group)
        if try request.vault.guard.roster(of: id, by: request.requester.caller) != nil { return }
        let record = RecordID(type: ResourceType.group.rawValue, id: id)
        guard try request.find(record) != nil else { throw Problem.notFound }
    }

    private func start(_ wanted: ExportRequest) throws -> HTTPReply {
        let job = ExportJob(
            id: Hex.encode(server.random.bytes(16)),
            request: wanted,
            requester: request.requester,
            now: request.now
        )
        guard server.exports.add(job, now: request.now) else {
            var problem = Problem(429, "throttled", "this client has too many exports")
            problem.headers = [("Retry-After", "60")]
            throw problem
        }
        var asked = ExportWork.request(of: request.requester)
        if !wanted.types.isEmpty { asked.types = wanted.types.map(\.rawValue).sorted() }
        do {
            _ = try server.vault.guard.beginExport(
                asked,
                level: wanted.level.name,
                by: request.requester.caller
            )
        } catch {
            server.exports.drop(job)
            throw error
        }
        server.exportQueue.async { [server] in ExportWork(server: server, job: job).run() }
        var reply = HTTPReply(status: 202)
        reply.headers = [
            ("Content-Location", address(of: job)), ("Cache-Control", "no-store"),
        ]
        return reply
    }

    /// Whether the client waits for no answer.
    var isAsync: Bool { preferences.contains("respond-async") }

    private var preferences: [String] {
        (request.call.header("prefer") ?? "").split(whereSeparator: { $0 == "," || $0 == ";" })
            .map { $0.filter { $0 != " " }.lowercased() }
    }

    private func address(of job: ExportJob) -> String { "\(request.base)/bulk/\(job.id)" }

    // MARK: Status

    private func job() throws -> ExportJob {
        guard let id = request.match.id,
            let job = server.exports.job(id.text, for: request.requester, now: request.now)
        else { throw Problem.notFound }
        job.renew(request.requester)
        return job
    }

    func status() throws -> HTTPReply {
        let job = try job()
        switch job.phase {
        case .running(let hundredths): return Self.progress(hundredths)
        case .failed(let problem): throw problem
        case .complete(let plan):
            var reply = server.json(200, manifest(of: job, plan))
            reply.headers.append(("Expires", HTTPDate.text(job.end)))
            return reply
        }
    }

    /// How far something is that goes on in the background.
    static func progress(_ hundredths: Int) -> HTTPReply {
        HTTPReply(
            status: 202,
            headers: [
                ("X-Progress", "\(hundredths) %"), ("Retry-After", "1"),
                ("Cache-Control", "no-store"),
            ]
        )
    }

    func end() throws -> HTTPReply {
        server.exports.drop(try job())
        return server.fhir(202, Outcome.success("the export and its files are gone"))
    }

    private func manifest(of job: ExportJob, _ plan: ExportPlan) -> JSONValue {
        func entry(_ file: ExportFile, _ type: String, _ count: Int) -> JSONValue {
            [
                "type": .string(type), "url": .string("\(address(of: job))/\(file.name)"),
                "count": .int(Int64(count)),
            ]
        }
        var output: [JSONValue] = plan.directory.map { type, count in
            entry(.directory(type), type.rawValue, count)
        }
        var deleted: [JSONValue] = []
        for (place, batch) in plan.batches.enumerated() {
            for (type, items) in batch.items.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                output.append(
                    entry(.records(batch: place, type: type), type.rawValue, items.count)
                )
            }
            if !batch.deleted.isEmpty {
                // One line: a Bundle with all of them.
                deleted.append(entry(.deleted(batch: place), "Bundle", 1))
            }
        }
        return [
            "transactionTime": .string(job.started.description),
            "request": .string(job.request.address), "requiresAccessToken": true,
            "output": .array(output), "deleted": .array(deleted), "error": [],
        ]
    }
}
