internal import Consent
internal import FHIRModel
internal import Guard
internal import VaultCore

/// Redacts the records of one response: a record names another only where that one may be had too.
struct ResponseRedaction: Sendable {
    /// The request that the records answer.
    private let context: DecisionContext
    private let view: RedactionView
    /// What may be named, of all records that the response refers to.
    private var named: [RecordID: Bool] = [:]
    /// Patients whom a Patient of the response may name as linked to it.
    private var linked: Set<RecordID> = []

    /// Asks the Guard about everything that the records refer to.
    ///
    /// - Parameters:
    ///   - opened: The records of the response.
    ///   - grant: Under which they were opened.
    ///   - vault: Where the Guard is.
    /// - Throws: A ``Failure`` of the Guard.
    init(of opened: [OpenedRecord], under grant: Grant, in vault: VaultService) throws {
        try self.init(of: opened, as: grant.context, under: grant, in: vault)
        for record in opened where record.isLinkedPatient {
            linked.formUnion(try Self.links(of: record, under: grant, in: vault))
        }
    }

    /// Patients whom a Patient is linked to and who permit the same requester to see their own.
    private static func links(
        of record: OpenedRecord,
        under grant: Grant,
        in vault: VaultService
    ) throws -> [RecordID] {
        var parser = JSONParser()
        guard let document = try? parser.parse(record.disclosed.bytes) else {
            throw VaultError.damagedRecord
        }
        let attributes = RecordAttributes(
            category: record.segment.category,
            labels: record.segment.labels,
            detail: RecordReader.detail(of: document.root)
        )
        return try (document.root["link"]?.elements.map { $0 } ?? []).compactMap { link in
            guard let text = link["other"]?["reference"]?.string,
                let other = RecordID(literal: text), other.type == "Patient",
                try vault.guard.permits(attributes, of: other, under: grant)
            else { return nil }
            return other
        }
    }

    /// The same for an answer to somebody else, as a preview makes it.
    init(
        of opened: [OpenedRecord],
        as context: DecisionContext,
        under grant: Grant,
        in vault: VaultService
    ) throws {
        self.context = context
        view = RedactionView(context.request)
        var wanted: Set<RecordID> = []
        for found in try Cores.slices(
            of: opened.count,
            { slice in
                var found: Set<RecordID> = []
                for record in opened[slice] {
                    Self.collect(from: record.disclosed.bytes, into: &found)
                }
                return found
            }
        ) {
            wanted.formUnion(found)
        }
        let response = Set(opened.map(\.disclosed.record))
        let open = wanted.subtracting(response).sorted()
        for record in wanted.intersection(response) { named[record] = true }
        let standings = try vault.guard.standing(of: open, to: context, under: grant)
        for (record, standing) in zip(open, standings) {
            named[record] = mayName(record, standing)
        }
    }

    /// The records as they may leave.
    func apply(to opened: [OpenedRecord]) throws -> [OpenedRecord] {
        try Cores.slices(of: opened.count) { slice in
            var parser = JSONParser()
            return try opened[slice].map { try apply(to: $0, &parser) }
        }.flatMap { $0 }
    }

    private func apply(to record: OpenedRecord, _ parser: inout JSONParser) throws -> OpenedRecord {
        let segment = record.segment
        var rules = RedactionRules(
            view: view,
            mayName: { named[$0] ?? view.keepsUnknown },
            mayHold: { _ in true }
        )
        if !record.isLinkedPatient, QuickLook.isClean(record.disclosed.bytes, rules) {
            return record
        }
        rules.mayLink = { linked.contains($0) }
        rules.mayHold = { mayHold($0, segment) }
        guard let document = try? parser.parse(record.disclosed.bytes) else {
            throw VaultError.damagedRecord
        }
        guard let bytes = Redactor.redact(document, rules) else { return record }
        var changed = record
        changed.disclosed = DisclosedRecord(
            record: record.disclosed.record,
            version: record.disclosed.version,
            bytes: bytes,
            isIncluded: record.disclosed.isIncluded
        )
        return changed
    }

    private func mayName(_ record: RecordID, _ standing: ReferenceStanding) -> Bool {
        switch standing {
        case .permitted: true
        // It is not in the response: without opening it nobody can say, and that must not show.
        case .depends, .withheld: false
        case .unknown:
            view.keepsUnknown || ResourceType(named: record.type)?.mayBeShared == true
        }
    }

    /// Whether a resource inside a record may stay there: where its kind of data is withheld as such, it goes.
    private func mayHold(_ node: JSONNode, _ segment: Segment) -> Bool {
        var summary = ResourceSummary()
        guard (try? summary.gather(node)) != nil else { return false }
        let category = summary.category(in: node.document)
        if category == .directory { return true }
        let verdict = context.segmentVerdict(category: category, labels: segment.labels)
        return verdict != .deny
    }

    /// Records that the bytes name; a reference written with escapes is found by parsing.
    private static func collect(from bytes: [UInt8], into wanted: inout Set<RecordID>) {
        bytes.withUnsafeBytes { bytes in
            ReferenceScan.forEach(in: bytes) { text in
                if let record = RecordID(named: text) { wanted.insert(record) }
            }
            BinaryScan.forEach(in: bytes) { text in
                if let record = RecordID(named: text) { wanted.insert(record) }
            }
        }
        guard QuickLook.hasHiddenText(bytes) else { return }
        var parser = JSONParser()
        guard let document = try? parser.parse(bytes) else { return }
        var open = [document.root]
        while let node = open.popLast() {
            for element in node.elements { open.append(element) }
            for (_, value) in node.members { open.append(value) }
            for text in [node["reference"]?.string, node["url"]?.string].compactMap({ $0 }) {
                if let record = RecordID(literal: text), record.type != "Patient" {
                    wanted.insert(record)
                }
            }
        }
    }
}

extension OpenedRecord {
    /// Whether it is a Patient that names another one.
    fileprivate var isLinkedPatient: Bool {
        segment.namesOthers && disclosed.record.type == "Patient"
    }
}

/// Finds the relative links of attachments to Binary by the bytes alone.
enum BinaryScan {
    private static let name = ByteSearch("\"Binary/")

    /// Calls the body with each text that begins with `"Binary/`.
    static func forEach(
        in bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        while let place = name.first(in: bytes, from: start) {
            let end = ByteSearch.first(0x22, in: bytes, from: place + 1) ?? bytes.count
            body(UnsafeRawBufferPointer(rebasing: bytes[place + 1..<end]))
            start = end
        }
    }
}

extension RecordID {
    /// Reads a literal reference to a record that is no Patient.
    fileprivate init?(named text: UnsafeRawBufferPointer) {
        let reference = FHIRReference(text)
        guard case .literal(let type) = reference.form, type != .patient,
            let id = FHIRID(utf8: UnsafeRawBufferPointer(rebasing: text[reference.id]))
        else { return nil }
        self.init(type: type.rawValue, id: id)
    }
}
