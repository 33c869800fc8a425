internal import Consent
internal import FHIRModel
internal import FHIRSearch
internal import Foundation
internal import Guard
internal import Vault
internal import VaultCore

/// Create, update, patch, delete and `$validate`.
///
/// Who may not read anything of a patient may not write to the record either: the answer is then the one for
/// a patient who is not there. Registrars and administrators keep records without reading them.
struct Writing {
    let request: FHIRCall

    init(_ request: FHIRCall) { self.request = request }

    // MARK: Interactions

    func create() throws -> HTTPReply {
        let type = try request.type()
        try request.requester.require(.create, on: type)
        guard type != .auditEvent else { throw Problem.methodNotKnown }
        var tree = try resource(of: type)
        if let condition = request.call.header("if-none-exist") {
            if let existing = try conditional(condition, type: type) { return existing }
        }
        return try store(new: &tree, of: type)
    }

    /// Stores a new resource under an id of the server's.
    func store(new tree: inout JSONTree, of type: ResourceType) throws -> HTTPReply {
        let id = try newID()
        tree["id"] = .text(id.text)
        if type == .consent { return try createConsent(tree, id) }
        let changed = try write(tree, expected: 0, of: type)
        return written(tree, changed, status: 201)
    }

    func update() throws -> HTTPReply {
        let record = try request.record()
        let type = try request.type()
        try request.requester.require(.update, on: type)
        guard type != .auditEvent, type != .consent else { throw Problem.methodNotKnown }
        var tree = try resource(of: type)
        guard tree["id"]?.string == record.id.text else {
            throw Problem.invalid("the body's id is not the address's")
        }
        return try replace(record, by: &tree, of: type)
    }

    /// Makes a new version of a record that the writer sees.
    func replace(
        _ record: RecordID,
        by tree: inout JSONTree,
        of type: ResourceType
    ) throws -> HTTPReply {
        let (_, current) = try current(record)
        guard !current.isMasked, !tree.isMasked else { throw Self.maskedUpdate }
        keepSecurityLabels(of: current, in: &tree)
        let changed = try write(tree, expected: try expectedVersion(current), of: type)
        return written(tree, changed, status: 200)
    }

    func patch() throws -> HTTPReply {
        let record = try request.record()
        let type = try request.type()
        try request.requester.require(.update, on: type)
        guard type != .auditEvent, type != .consent else { throw Problem.methodNotKnown }
        let patch = try JSONPatch(try Self.parse(request.call.body).root)
        let (_, current) = try current(record)
        guard !current.isMasked else { throw Self.maskedUpdate }
        var tree = try patch.applied(to: JSONTree(try Self.parse(current.bytes).root))
        guard tree["id"]?.string == record.id.text, tree["resourceType"]?.string == record.type
        else { throw Problem.invalid("a patch may not change type or id") }
        keepSecurityLabels(of: current, in: &tree)
        try check(try Self.parse(tree.bytes).root)
        let changed = try write(tree, expected: try expectedVersion(current), of: type)
        return written(tree, changed, status: 200)
    }

    func delete() throws -> HTTPReply {
        let record = try request.record()
        let type = try request.type()
        try request.requester.require(.delete, on: type)
        guard type != .auditEvent, type != .consent else { throw Problem.methodNotKnown }
        return try remove(record, of: type)
    }

    /// Deletes a record that the writer sees.
    func remove(_ record: RecordID, of type: ResourceType) throws -> HTTPReply {
        guard let (view, current) = try request.findNewest(record) else {
            throw Problem.notFound
        }
        guard type != .patient else {
            throw Problem(
                422,
                "business-rule",
                "a patient is erased by two persons, not deleted"
            )
        }
        try apply([
            RecordChange(.delete, current.bytes, expectedVersion: current.version)
        ])
        request.forget(view)
        return HTTPReply(status: 204)
    }

    func validate() throws -> HTTPReply {
        let type = try request.type()
        var root = try Self.parse(request.call.body).root
        if root["resourceType"]?.string == "Parameters" {
            let given = root["parameter"]?.elements.first { $0["name"]?.string == "resource" }
            guard let resource = given?["resource"] else {
                throw Problem.invalid("the parameter `resource` is missing", code: "required")
            }
            root = resource
        }
        guard root["resourceType"]?.string == type.rawValue else {
            throw Problem.invalid("the resource is not of the address's type")
        }
        let problems = StructureCheck.problems(of: root)
        guard !problems.isEmpty else {
            return request.server.fhir(200, Outcome.success("no problem was found"))
        }
        return request.server.fhir(
            200,
            Outcome.bytes(problems.map { ("error", Problem($0)) })
        )
    }

    // MARK: Steps

    /// The body, parsed and checked.
    func resource(of type: ResourceType) throws -> JSONTree {
        let root = try Self.parse(request.call.body).root
        guard root.kind == .object, root["resourceType"]?.string == type.rawValue else {
            throw Problem.invalid("the body is not a resource of the address's type")
        }
        try check(root)
        return JSONTree(root)
    }

    func check(_ root: JSONNode) throws {
        let problems = StructureCheck.problems(of: root)
        guard let first = problems.first else { return }
        var problem = Problem(first)
        problem.expressions = problems.map(\.expression)
        throw problem
    }

    static func parse(_ bytes: [UInt8]) throws -> JSONDocument {
        var parser = JSONParser()
        return try parser.parse(bytes)
    }

    private static let maskedUpdate = Problem(
        422,
        "business-rule",
        "some references of this resource are masked for you; you cannot replace it"
    )

    /// The record as its writer sees it; hidden and absent ones cannot be told apart.
    private func current(_ record: RecordID) throws -> (LeaseView, LeasedRecord) {
        guard let found = try request.findNewest(record) else {
            throw Problem(405, "not-supported", "there is no such resource to update")
        }
        return found
    }

    private func expectedVersion(_ current: LeasedRecord) throws -> UInt32 {
        guard let tag = request.call.header("if-match") else { return current.version }
        guard Reading.version(ofTag: tag) == current.version else {
            throw Problem(412, "conflict", "the resource has another version by now")
        }
        return current.version
    }

    /// Labels stay until somebody whose work it is takes them away: a client that leaves them out does not.
    private func keepSecurityLabels(of current: LeasedRecord, in tree: inout JSONTree) {
        guard let old = try? Self.parse(current.bytes).root,
            let labels = old["meta"]?["security"], labels.kind == .array
        else { return }
        var meta = tree["meta"] ?? .object([])
        var kept: [JSONTree] = []
        if case .array(let own) = meta["security"] { kept = own }
        for label in labels.elements.map({ JSONTree($0) }) where !kept.contains(label) {
            kept.append(label)
        }
        meta["security"] = .array(kept)
        tree["meta"] = meta
    }

    func newID() throws -> FHIRID {
        guard let id = FHIRID(Hex.encode(request.server.random.bytes(16))) else {
            throw Problem(500, "exception", "the vault could not answer")
        }
        return id
    }

    /// Refuses to write to the record of a patient whom this writer may not see.
    func requireOwner(of root: JSONNode) throws {
        if [.registrar, .administrator].contains(request.requester.facts.kind) { return }
        var summary = ResourceSummary()
        try summary.gather(root)
        let unknown = Problem(422, "business-rule", "the resource's patient cannot be told")
        switch summary.ownership(in: root.document) {
        case .itself:
            // A new patient: nobody's record yet. One that exists was found by who updates it.
            return
        case .shared: throw Problem.forbidden
        case .patient(let span):
            let text = root.document.string(span.reference)
            guard let patient = RecordID(literal: text), patient.type == "Patient",
                try request.view(of: .id(patient.id)) != nil
            else { throw unknown }
        case .follows(let spans):
            for span in spans {
                let text = root.document.string(span.reference)
                guard let target = RecordID(literal: text), try request.find(target) != nil else {
                    throw unknown
                }
            }
        case .unowned: throw unknown
        }
    }

    private func write(
        _ tree: JSONTree,
        expected: UInt32,
        of type: ResourceType
    ) throws -> ChangedRecord {
        let bytes = tree.bytes
        try requireOwner(of: try Self.parse(bytes).root)
        return try apply([RecordChange(.put, bytes, expectedVersion: expected)])[0]
    }

    /// Applies changes; a patient who is being written by somebody else is tried a few times.
    @discardableResult
    func apply(_ changes: [RecordChange]) throws -> [ChangedRecord] {
        defer { request.server.subscriptionSignal.signal() }
        for attempt in 0..<20 {
            do {
                return try request.vault.apply(
                    changes,
                    by: request.requester.caller,
                    origin: request.requester.facts.client,
                    context: request.requester.context
                )
            } catch GuardError.busy where attempt < 19 {
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        throw Problem.busy
    }

    private func createConsent(_ tree: JSONTree, _ id: FHIRID) throws -> HTTPReply {
        let receipt: ConsentReceipt
        do {
            receipt = try request.vault.addConsent(
                tree.bytes,
                by: request.requester.caller,
                context: request.requester.context,
                now: request.now
            )
        } catch VaultError.consentWithoutPatient {
            throw Problem(422, "business-rule", "the resource's patient cannot be told")
        }
        return written(
            tree,
            ChangedRecord(
                record: receipt.record,
                version: 1,
                isUnchanged: receipt.logIndex == nil
            ),
            status: 201
        )
    }
}

extension JSONTree {
    /// Whether a part of it is what stands in place of something masked.
    var isMasked: Bool {
        switch self {
        case .leaf: return false
        case .array(let values): return values.contains(where: \.isMasked)
        case .object(let members):
            if self["valueCode"]?.string == "masked" { return true }
            return members.contains(where: \.value.isMasked)
        }
    }
}

extension Problem {
    /// What a structure check found.
    init(_ found: StructureProblem) {
        self.init(found.kind == .structure ? 400 : 422, found.kind.rawValue, found.words)
        expressions = [found.expression]
    }
}
