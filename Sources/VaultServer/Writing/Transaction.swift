internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// A transaction: ids are given out, references inside the Bundle follow, and everything is one write.
struct Transaction {
    private struct Write {
        var place: Int
        var tree: JSONTree
        var record: RecordID
        var status: Int
        var expected: UInt32?
    }

    private let request: FHIRCall
    private let entries: [JSONNode]
    private let writing: Writing
    private var replies: [HTTPReply?]
    private var writes: [Write] = []
    private var changes: [RecordChange] = []
    private var touched: [LeaseView] = []
    /// What a reference inside the Bundle leads to.
    private var names: [String: RecordID] = [:]

    init(_ request: FHIRCall, _ entries: [JSONNode]) {
        self.request = request
        self.entries = entries
        writing = Writing(request)
        replies = Array(repeating: nil, count: entries.count)
    }

    mutating func reply() throws -> HTTPReply {
        let methods = try entries.map { entry -> String in
            guard let method = entry["request"]?["method"]?.string else {
                throw Problem.invalid("an entry has no request")
            }
            return method
        }
        for (place, method) in methods.enumerated() where method == "DELETE" { try delete(place) }
        for (place, method) in methods.enumerated() where method == "POST" { try post(place) }
        for (place, method) in methods.enumerated() where method == "PUT" { try put(place) }
        guard methods.allSatisfy({ ["DELETE", "POST", "PUT", "GET", "HEAD"].contains($0) }) else {
            throw Problem(422, "not-supported", "a method of the transaction is not taken here")
        }
        try rewrite()
        try store()
        for (place, method) in methods.enumerated() where method == "GET" || method == "HEAD" {
            let reply = Bundles(request).answer(entries[place])
            replies[place] = reply
        }
        var bundle = BundleWriter(type: "transaction-response", total: nil)
        for reply in replies { bundle.add(response: reply ?? Problem.notFound.reply) }
        var reply = request.server.fhir(200, bundle.bytes())
        reply.isMiss = replies.contains { $0.map { Evening.isDue($0) } ?? true }
        return reply
    }

    /// Type and id of an entry's address.
    private func address(_ place: Int) throws -> (ResourceType, FHIRID?) {
        let url = entries[place]["request"]?["url"]?.string ?? ""
        let parts = url.split(separator: "/")
        guard !url.contains("?"), let first = parts.first,
            let type = ResourceType(named: String(first)), parts.count <= 2,
            type != .auditEvent, type != .consent || parts.count == 1
        else { throw Problem(422, "not-supported", "an address of the transaction is not taken") }
        guard parts.count == 2 else { return (type, nil) }
        guard let id = FHIRID(parts[1]) else { throw Problem.notFound }
        return (type, id)
    }

    private mutating func delete(_ place: Int) throws {
        let (type, id) = try address(place)
        try request.requester.require(.delete, on: type)
        guard let id, type != .patient, type != .consent,
            let (view, current) = try request.findNewest(RecordID(type: type.rawValue, id: id))
        else { throw Problem.notFound }
        changes.append(RecordChange(.delete, current.bytes, expectedVersion: current.version))
        touched.append(view)
        replies[place] = HTTPReply(status: 204)
    }

    private mutating func post(_ place: Int) throws {
        let (type, id) = try address(place)
        guard id == nil, let resource = entries[place]["resource"],
            resource["resourceType"]?.string == type.rawValue
        else { throw Problem.invalid("an entry's resource is not of its address's type") }
        try request.requester.require(.create, on: type)
        try writing.check(resource)
        let record = RecordID(type: type.rawValue, id: try writing.newID())
        var tree = JSONTree(resource)
        if let old = tree["id"]?.string { names["\(type.rawValue)/\(old)"] = record }
        if let url = entries[place]["fullUrl"]?.string { names[url] = record }
        tree["id"] = .text(record.id.text)
        writes.append(Write(place: place, tree: tree, record: record, status: 201, expected: 0))
    }

    private mutating func put(_ place: Int) throws {
        let (type, id) = try address(place)
        guard let id, let resource = entries[place]["resource"],
            resource["resourceType"]?.string == type.rawValue, resource["id"]?.string == id.text
        else { throw Problem.invalid("an entry's resource is not the one of its address") }
        try request.requester.require(.update, on: type)
        try writing.check(resource)
        let record = RecordID(type: type.rawValue, id: id)
        guard let (view, current) = try request.findNewest(record) else {
            throw Problem(405, "not-supported", "there is no such resource to update")
        }
        let tree = JSONTree(resource)
        guard !current.isMasked, !tree.isMasked else {
            throw Problem(422, "business-rule", "a resource of the transaction is masked for you")
        }
        if let tag = entries[place]["request"]?["ifMatch"]?.string,
            Reading.version(ofTag: tag) != current.version
        {
            throw Problem(412, "conflict", "a resource has another version by now")
        }
        touched.append(view)
        if let url = entries[place]["fullUrl"]?.string { names[url] = record }
        writes.append(
            Write(
                place: place,
                tree: tree,
                record: record,
                status: 200,
                expected: current.version
            )
        )
    }

    /// References to entries become their ids; conditional ones are looked up.
    private mutating func rewrite() throws {
        let names = names
        let conditional = ConditionalReferences(request)
        for place in writes.indices {
            try writes[place].tree.rewriteReferences { text in
                if let record = names[text] { return record.description }
                guard text.contains("?") else { return nil }
                return try conditional.target(of: text).description
            }
        }
    }

    private mutating func store() throws {
        let own = Set(writes.filter { $0.status == 201 }.map(\.record))
        for write in writes {
            let root = try Writing.parse(write.tree.bytes).root
            try requireOwner(of: root, among: own)
        }
        let put = writes.map {
            RecordChange(.put, $0.tree.bytes, expectedVersion: $0.expected)
        }
        guard !(changes + put).isEmpty else { return }
        let done = try writing.apply(changes + put)
        for view in touched { request.forget(view) }
        for (write, changed) in zip(writes, done.dropFirst(changes.count)) {
            var reply = writing.written(write.tree, changed, status: write.status)
            if request.preference("return") != "representation" { reply.body = [] }
            replies[write.place] = reply
        }
    }

    /// Patients that the transaction itself makes are its writer's to fill.
    private func requireOwner(of root: JSONNode, among own: Set<RecordID>) throws {
        var summary = ResourceSummary()
        try summary.gather(root)
        switch summary.ownership(in: root.document) {
        case .patient(let span):
            let text = root.document.string(span.reference)
            if let patient = RecordID(literal: text), own.contains(patient) { return }
        case .follows(let spans):
            let targets = spans.map { root.document.string($0.reference) }
            if targets.allSatisfy({ RecordID(literal: $0).map(own.contains) ?? false }) { return }
        default: break
        }
        try writing.requireOwner(of: root)
    }
}

/// `Type?identifier=SYSTEM|VALUE` in place of a reference: the one resource that it means.
struct ConditionalReferences {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    func target(of text: String) throws -> RecordID {
        let parts = text.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, let type = ResourceType(named: String(parts[0])),
            let pairs = FormText.pairs(parts[1])
        else { throw Problem.invalid("a reference is not well-formed") }
        let unmet = Problem(
            412,
            "not-found",
            "a conditional reference does not lead to one resource"
        )
        let query = try Searching.understood(pairs, type: type)
        guard query.ignored.isEmpty, !query.criteria.isEmpty else { throw unmet }
        try request.requester.require(.search, on: type)
        var found: [RecordID] = []
        switch try SearchSubjects(request).patients(of: query, pairs) {
        case .directory:
            let view = try request.directory()
            found = try SearchEvaluator(view).matches(query).map { try view.record(at: $0).record }
        case .patients(let patients):
            for patient in patients {
                guard let view = try request.view(of: patient) else { continue }
                found += try SearchEvaluator(view).matches(query).map {
                    try view.record(at: $0).record
                }
            }
        }
        guard found.count == 1 else { throw unmet }
        return found[0]
    }
}
