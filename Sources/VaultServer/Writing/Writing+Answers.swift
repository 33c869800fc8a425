internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// What a write answers, and what stands in its way.
extension Writing {
    /// `If-None-Exist`: the one that is there already; `nil` where there is none.
    func conditional(_ condition: String, type: ResourceType) throws -> HTTPReply? {
        try request.requester.require(.search, on: type)
        guard let (_, record) = try only(matching: condition, type: type) else { return nil }
        var reply = request.server.fhir(200, record.bytes)
        reply.headers += Reading.headers(record)
        reply.headers.append(("Location", "\(request.base)/\(record.record)"))
        return reply
    }

    /// The only resource that meets a condition, of those that the writer sees: what is hidden is as absent
    /// here as it is in a search.
    func only(
        matching condition: String,
        type: ResourceType
    ) throws -> (view: LeaseView, record: LeasedRecord)? {
        guard let pairs = FormText.pairs(condition), !pairs.isEmpty else {
            throw Problem.invalid("the condition is not well-formed")
        }
        let query = try Searching.understood(pairs, type: type)
        guard query.ignored.isEmpty, !query.criteria.isEmpty else {
            throw Problem(412, "multiple-matches", "the condition is not selective")
        }
        let subjects = try SearchSubjects(request).patients(of: query, pairs)
        var found: [(view: LeaseView, record: LeasedRecord)] = []
        // The look-up is an entry too, so that a lease that holds no more is noticed before anything is made.
        _ = try request.disclosing {
            let carried = try matches(query, subjects)
            found = carried.flatMap { view, records in records.map { (view, $0) } }
            return FHIRCall.Answer(reply: HTTPReply(status: 204), carried: carried)
        }
        guard found.count <= 1 else {
            throw Problem(412, "multiple-matches", "several resources meet the condition")
        }
        return found.first
    }

    private func matches(
        _ query: SearchQuery,
        _ subjects: SearchSubjects.Answer
    ) throws -> [(LeaseView, [LeasedRecord])] {
        var views: [LeaseView] = []
        switch subjects {
        case .directory: views = [try request.directory()]
        case .patients(let patients):
            for patient in patients {
                if let view = try request.view(of: patient) { views.append(view) }
            }
        }
        return try views.map { view in
            (view, try view.matches(query).map { try view.record(at: $0) })
        }
    }

    /// Update by a condition: the only match is replaced; where there is none, one is made.
    func conditionalUpdate() throws -> HTTPReply {
        let type = try request.type()
        try request.requester.require(.update, on: type)
        try request.requester.require(.search, on: type)
        guard type != .auditEvent, type != .consent else { throw Problem.methodNotKnown }
        var tree = try resource(of: type)
        guard let (_, match) = try only(matching: request.call.query, type: type) else {
            guard tree["id"] == nil else {
                throw Problem(405, "not-supported", "there is no such resource to update")
            }
            try request.requester.require(.create, on: type)
            return try store(new: &tree, of: type)
        }
        if let id = tree["id"]?.string, id != match.record.id.text {
            throw Problem.invalid(
                "the body's id is not that of the resource that meets the condition"
            )
        }
        tree["id"] = .text(match.record.id.text)
        return try replace(match.record, by: &tree, of: type)
    }

    /// Deletion by a condition: of the only match.
    func conditionalDelete() throws -> HTTPReply {
        let type = try request.type()
        try request.requester.require(.delete, on: type)
        try request.requester.require(.search, on: type)
        guard type != .auditEvent, type != .consent else { throw Problem.methodNotKnown }
        guard let (_, match) = try only(matching: request.call.query, type: type) else {
            throw Problem.notFound
        }
        return try remove(match.record, of: type)
    }

    /// The reply to a write: what the client sent, with id and version; nothing that it did not send.
    func written(_ tree: JSONTree, _ changed: ChangedRecord, status: Int) -> HTTPReply {
        var reply: HTTPReply
        switch request.preference("return") {
        case "minimal": reply = HTTPReply(status: status)
        case "OperationOutcome":
            reply = request.server.fhir(status, Outcome.success("the resource is stored"))
        default:
            var shown = tree
            var meta = tree["meta"] ?? .object([])
            if changed.version > 0 { meta["versionId"] = .text("\(changed.version)") }
            meta["lastUpdated"] = .text(request.now.description)
            shown["meta"] = meta
            reply = request.server.fhir(status, shown.bytes)
        }
        let version = max(1, changed.version)
        reply.headers += [
            ("Location", "\(request.base)/\(changed.record)/_history/\(version)"),
            ("ETag", "W/\"\(version)\""), ("Last-Modified", HTTPDate.text(request.now)),
        ]
        return reply
    }
}
