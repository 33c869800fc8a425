internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// One file of an export, made now from what its patients permit now.
extension Exporting {
    /// What became of a file whose patients no longer permit all of it.
    private static let void = Problem(
        410,
        "expired",
        "what this file carried may not leave any more as it was counted: export anew"
    )

    func file() throws -> HTTPReply {
        guard let id = request.match.id, let name = request.match.file,
            let file = ExportFile(name),
            let job = request.server.exports.job(id.text, for: request.requester, now: request.now),
            case .complete(let plan) = job.phase
        else { throw Problem.notFound }
        switch file {
        case .directory(let type): return try directory(type, job, plan)
        case .records(let place, let type):
            guard plan.batches.indices.contains(place), let items = plan.batches[place].items[type]
            else { throw Problem.notFound }
            let projection = job.request.projection(of: type)
            return try disclosing(job, file) {
                try records(items, of: plan.batches[place], projection)
            }
        case .deleted(let place):
            guard plan.batches.indices.contains(place), !plan.batches[place].deleted.isEmpty else {
                throw Problem.notFound
            }
            return try disclosing(job, file) { try deletions(of: plan.batches[place]) }
        }
    }

    private struct Made {
        var lines: [UInt8] = []
        var carried: [(view: LeaseView, records: [LeasedRecord])] = []
    }

    /// Answers with a file: one entry that lists all of it is in the log before it leaves.
    private func disclosing(
        _ job: ExportJob,
        _ file: ExportFile,
        _ make: () throws -> Made
    ) throws -> HTTPReply {
        for _ in 0..<3 {
            let made = try make()
            do {
                try request.vault.disclose(
                    made.carried.map { ($0.view.lease, $0.records) },
                    inFile: "\(job.id)/\(file.name)"
                )
                return reply(made.lines)
            } catch GuardError.grantEnded {
                for (view, _) in made.carried { forget(view) }
            } catch GuardError.invalid(field: "manifest") {
                for (view, _) in made.carried { forget(view) }
            }
        }
        throw Problem.busy
    }

    private func forget(_ view: LeaseView) {
        guard let patient = view.lease.patient else { return }
        request.server.leases.drop(
            LeaseCache.Key(
                token: request.requester.token,
                patient: .id(patient.id),
                isExport: true
            )
        )
    }

    private func view(of patient: FHIRID) throws -> LeaseView {
        guard
            let view = try request.server.view(
                of: .id(patient),
                for: request.requester,
                isExport: true
            )
        else { throw Self.void }
        return view
    }

    private func records(
        _ items: [ExportPlan.Item],
        of batch: ExportPlan.Batch,
        _ projection: ResourceProjection?
    ) throws -> Made {
        var made = Made()
        var place = 0
        while place < items.count {
            let patient = items[place].patient
            let view = try view(of: batch.patients[Int(patient)])
            var carried: [LeasedRecord] = []
            while place < items.count, items[place].patient == patient {
                guard let record = view.record(number: items[place].number) else {
                    throw Self.void
                }
                made.lines.append(line: try projection.line(of: record))
                carried.append(record)
                place += 1
            }
            made.carried.append((view, carried))
        }
        return made
    }

    /// One Bundle of deletions, as Bulk Data wants them told.
    private func deletions(of batch: ExportPlan.Batch) throws -> Made {
        var made = Made()
        var entries: [JSONValue] = []
        var views: [Int32: LeaseView] = [:]
        for (patient, record) in batch.deleted {
            let known = try views[patient] ?? view(of: batch.patients[Int(patient)])
            views[patient] = known
            guard let newest = try request.vault.versions(of: record, in: known.lease).first,
                newest.isDeleted, known.admits(newest)
            else { throw Self.void }
            entries.append(
                ["request": ["method": "DELETE", "url": .string(record.description)]]
            )
        }
        made.carried = views.values.map { ($0, []) }
        made.lines.append(
            line: JSONValue.object([
                .init("resourceType", "Bundle"), .init("type", "transaction"),
                .init("entry", .array(entries)),
            ]).bytes
        )
        return made
    }

    /// Organizations, practitioners and places: nobody's data, so no manifest; opening them is an entry.
    private func directory(
        _ type: ResourceType,
        _ job: ExportJob,
        _ plan: ExportPlan
    ) throws -> HTTPReply {
        guard plan.directory.contains(where: { $0.type == type }) else { throw Problem.notFound }
        let view = try request.directory()
        var lines: [UInt8] = []
        let wanted = try job.request.places(of: type, in: view)
        let projection = job.request.projection(of: type)
        for place in view.places(of: type) where wanted?.contains(place) ?? true {
            let record = try view.record(at: place)
            guard job.request.admits(type, changed: record.lastUpdated) else { continue }
            lines.append(line: try projection.line(of: record))
        }
        return reply(lines)
    }

    private func reply(_ lines: [UInt8]) -> HTTPReply {
        HTTPReply(
            status: 200,
            headers: [("Content-Type", MediaType.ndjson), ("Cache-Control", "no-store")],
            body: lines
        )
    }
}

extension ResourceProjection? {
    /// A record as an export carries it: parsed only where something of it is left out.
    fileprivate func line(of record: LeasedRecord) throws -> [UInt8] {
        guard let self else { return record.bytes }
        return self.bytes(of: try Writing.parse(record.bytes).root)
    }
}

extension [UInt8] {
    /// Adds a resource as one line; a string has no raw line break, so what is left out is white space.
    fileprivate mutating func append(line resource: [UInt8]) {
        if resource.contains(0x0A) || resource.contains(0x0D) {
            append(contentsOf: resource.lazy.filter { $0 != 0x0A && $0 != 0x0D })
        } else {
            append(contentsOf: resource)
        }
        append(0x0A)
    }
}
