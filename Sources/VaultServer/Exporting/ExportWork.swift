internal import Dispatch
internal import FHIRModel
internal import Guard
internal import Synchronization
internal import Vault
internal import VaultCore

/// Finds out what an export will carry: each patient is decided and opened, and only numbers are kept.
struct ExportWork: Sendable {
    let server: Server
    let job: ExportJob

    /// Patients who are opened side by side.
    private static let width = 2

    private struct Cancelled: Error {}

    func run() {
        do {
            job.move(to: .complete(try plan()))
        } catch is Cancelled {
            return
        } catch { job.move(to: .failed(Problem(error))) }
    }

    private func plan() throws -> ExportPlan {
        var plan = ExportPlan()
        switch job.request.level {
        case .group(let id):
            let roster = try server.vault.guard.roster(of: id, by: job.requester.caller)
            if let roster {
                try add(steps: server.vault.exportSteps(of: roster), to: &plan)
            } else {
                try add(try members(of: id), to: &plan)
            }
        case .system, .patients: try add(steps: try server.vault.exportSteps(), to: &plan)
        }
        if job.request.level == .system { plan.directory = try directory() }
        return plan
    }

    /// Adds whoever of some patients permits it; the others leave no trace.
    private func add(steps: [[PatientPseudonym]], to plan: inout ExportPlan) throws {
        for (place, step) in steps.enumerated() {
            let requester = job.requester
            let permitted = try server.vault.guard.exportable(
                step,
                request: Self.request(of: requester),
                by: requester.caller
            )
            try add(permitted, to: &plan)
            job.move(to: .running((place + 1) * 99 / steps.count))
        }
    }

    /// What is asked of each patient; whom the Guard is asked about stands beside it.
    static func request(of requester: Requester) -> ReleaseRequest {
        guard let anybody = FHIRID("any") else { preconditionFailure("a literal id") }
        var request = requester.request(for: .id(anybody))
        request.action = ReleaseRequest.export
        request.breakGlass = nil
        return request
    }

    private func members(of group: FHIRID) throws -> [RecordID] {
        let call = FHIRCall.ofExport(job, server: server)
        let record = RecordID(type: ResourceType.group.rawValue, id: group)
        guard let (view, _) = try call.find(record) else { throw Problem.notFound }
        return try server.vault.members(of: record, in: view.lease)
    }

    // MARK: Patients

    private struct Found {
        var records: [(type: ResourceType, number: UInt32)] = []
        var byteCount = 0
        var deleted: [RecordID] = []
    }

    private func add(_ patients: [RecordID], to plan: inout ExportPlan) throws {
        for start in stride(from: 0, to: patients.count, by: Self.width) {
            if job.isCancelled { throw Cancelled() }
            let few = Array(patients[start..<min(start + Self.width, patients.count)])
            let found = Mutex<[Int: Result<Found, any Error>]>([:])
            DispatchQueue.concurrentPerform(iterations: few.count) { place in
                let result = Result { try look(at: few[place].id) }
                found.withLock { $0[place] = result }
            }
            for (place, patient) in few.enumerated() {
                guard let one = try found.withLock({ try $0[place]?.get() }) else { continue }
                try plan.add(
                    patient.id,
                    one.records,
                    byteCount: one.byteCount,
                    deleted: one.deleted
                )
            }
        }
    }

    private func look(at patient: FHIRID) throws -> Found {
        var found = Found()
        let view = try server.view(
            of: .id(patient),
            for: job.requester,
            isExport: true,
            isKept: false
        )
        guard let view else { return found }
        var wanted: [ResourceType: Set<UInt32>] = [:]
        for type in job.request.filters.keys {
            wanted[type] = try job.request.places(of: type, in: view).map { places in
                Set(try places.map { try view.record(at: $0).number })
            }
        }
        for record in view.all where job.request.admits(record.type, changed: record.lastUpdated) {
            guard wanted[record.type]?.contains(record.number) ?? true else { continue }
            found.records.append((record.type, record.number))
        }
        if !found.records.isEmpty { found.byteCount = view.lease.byteCount }
        if let since = job.request.since {
            found.deleted = try server.vault.deletions(in: view.lease, since: since)
                .filter {
                    view.admits($0) && job.request.admits($0.type, changed: $0.lastUpdated)
                }.map(\.record)
            found.byteCount = view.lease.byteCount
        }
        return found
    }

    private func directory() throws -> [(type: ResourceType, count: Int)] {
        let view = try FHIRCall.ofExport(job, server: server).directory()
        return try view.lease.presentTypes.compactMap { type in
            let wanted = try job.request.places(of: type, in: view)
            let count = view.places(of: type).count { place in
                guard wanted?.contains(place) ?? true else { return false }
                guard let record = try? view.record(at: place) else { return false }
                return job.request.admits(type, changed: record.lastUpdated)
            }
            return count == 0 ? nil : (type, count)
        }
    }
}

extension FHIRCall {
    /// A call in the name of whoever asked for an export, for what is looked up like any other resource.
    fileprivate static func ofExport(_ job: ExportJob, server: Server) -> FHIRCall {
        let call = HTTPCall(id: job.id, method: "GET", path: "/\(Route.base)/$export")
        guard case .found(let match) = RouteMatch.find(method: call.method, path: call.path) else {
            preconditionFailure("a route of the table")
        }
        return FHIRCall(call, match, requester: job.requester, server: server)
    }
}
