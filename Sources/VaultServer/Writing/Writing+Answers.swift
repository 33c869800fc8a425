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
        guard let pairs = FormText.pairs(condition), !pairs.isEmpty else {
            throw Problem.invalid("`If-None-Exist` is not well-formed")
        }
        let query = try Searching.understood(pairs, type: type)
        guard query.ignored.isEmpty, !query.criteria.isEmpty else {
            throw Problem(412, "multiple-matches", "the condition is not selective")
        }
        let subjects = try SearchSubjects(request).patients(of: query, pairs)
        let reply = try request.disclosing { try conditionalAnswer(query, subjects) }
        return reply.status == Self.none ? nil : reply
    }

    /// Stands for "there is none" inside ``conditional(_:type:)``; never sent.
    private static let none = 0

    /// The look-up is an entry too, so that a lease that holds no more is noticed before anything is made.
    private func conditionalAnswer(
        _ query: SearchQuery,
        _ subjects: SearchSubjects.Answer
    ) throws -> FHIRCall.Answer {
        var views: [LeaseView] = []
        switch subjects {
        case .directory: views = [try request.directory()]
        case .patients(let patients):
            for patient in patients {
                if let view = try request.view(of: patient) { views.append(view) }
            }
        }
        var carried: [(LeaseView, [LeasedRecord])] = []
        for view in views {
            let found = try SearchEvaluator(view).matches(query).map { try view.record(at: $0) }
            carried.append((view, found))
        }
        let found = carried.flatMap(\.1)
        guard found.count <= 1 else {
            throw Problem(412, "multiple-matches", "several resources meet the condition")
        }
        guard let record = found.first else {
            return FHIRCall.Answer(reply: HTTPReply(status: Self.none), carried: carried)
        }
        var reply = request.server.fhir(200, record.bytes)
        reply.headers += Reading.headers(record)
        reply.headers.append(("Location", "\(request.base)/\(record.record)"))
        return FHIRCall.Answer(reply: reply, carried: carried)
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
