internal import Consent
internal import Dispatch
internal import FHIRModel
internal import Guard
internal import MerkleLog
internal import Synchronization
internal import VaultCore

/// One owner's share of a batch.
struct PatientBatch: Sendable {
    var write: PatientWrite
    var resources: [ImportWork.Pending]
}

/// Labels, categories, references, digests and facts of a batch, worked out on all cores.
struct BatchAnalysis {
    /// Shares to be planned one after another: a record that comes twice in a batch is two versions.
    let rounds: [[PatientBatch]]
    /// Resources with a clinical code that no table knows.
    let unclassified: Int

    init(_ batch: [ImportWork.Pending], vault: VaultService, isPart2Source: Bool) {
        let analysed = Self.inParallel(batch) { slice in
            var labeller = vault.labeller
            return slice.map {
                RecordAnalysis($0, labeller: &labeller, isPart2Source: isPart2Source)
            }
        }
        unclassified = analysed.count { $0.item.labels.contains(.unclassified) }
        var rounds: [[PatientBatch]] = []
        var places: [[RecordOwner: Int]] = []
        var seen: [RecordID: Int] = [:]
        for (pending, analysis) in zip(batch, analysed) {
            let round = seen[pending.resource.record, default: 0]
            seen[pending.resource.record] = round + 1
            if round == rounds.count {
                rounds.append([])
                places.append([:])
            }
            let place: Int
            if let known = places[round][pending.owner] {
                place = known
            } else {
                place = rounds[round].count
                places[round][pending.owner] = place
                rounds[round].append(PatientBatch(owner: pending.owner))
            }
            rounds[round][place].add(pending, analysis)
        }
        self.rounds = rounds
    }

    /// Cuts the batch into one slice a core; each slice keeps its own scratch memory.
    private static func inParallel(
        _ inputs: [ImportWork.Pending],
        _ work: @Sendable (ArraySlice<ImportWork.Pending>) -> [RecordAnalysis]
    ) -> [RecordAnalysis] {
        guard inputs.count > 64 else { return work(inputs[...]) }
        let width = 2
        let size = (inputs.count + width - 1) / width
        let results = Mutex([[RecordAnalysis]](repeating: [], count: width))
        DispatchQueue.concurrentPerform(iterations: width) { part in
            let range = min(part * size, inputs.count)..<min((part + 1) * size, inputs.count)
            let outputs = work(inputs[range])
            results.withLock { $0[part] = outputs }
        }
        return results.withLock { $0.flatMap { $0 } }
    }
}

extension PatientBatch {
    init(owner: RecordOwner) {
        let patient: RecordID? =
            switch owner {
            case .patient(let reference): reference
            case .directory: nil
            }
        write = PatientWrite(patient: patient, items: [], facts: [], identity: nil)
        resources = []
    }

    mutating func add(_ pending: ImportWork.Pending, _ analysis: RecordAnalysis) {
        write.items.append(analysis.item)
        if !analysis.facts.isEmpty {
            write.facts.append(
                PatientFacts.Entry(
                    origin: pending.resource.record,
                    version: 1,
                    facts: analysis.facts
                )
            )
        }
        if let identity = analysis.identity { write.identity = identity }
        resources.append(pending)
    }
}

/// What the Guard must know of one resource, and nothing of what it says.
struct RecordAnalysis: Sendable {
    let item: WriteItem
    let facts: [Fact]
    let identity: PatientIdentity?

    init(_ pending: ImportWork.Pending, labeller: inout Labeller, isPart2Source: Bool) {
        let resource = pending.resource
        let summary = pending.summary
        let document = resource.document
        let marks: LabelSet =
            isPart2Source && pending.owner != .directory ? [.part2] : .none
        let found = labeller.label(summary, in: document, marks: marks)
        let owner = summary.ownership(in: document)
        let others =
            pending.owner == .directory
            ? [] : summary.mentionedPatients(in: document, besides: owner)
        var links: [LabelGraph<RecordID>.Link] = []
        for span in summary.references {
            guard
                let target = document.withText(span.reference, { RecordID(literal: $0) }),
                target != resource.record, let targetType = ResourceType(named: target.type),
                let kind = LabelLink(span, from: summary.type, to: targetType)
            else { continue }
            links.append(.init(to: target, kind))
        }
        let type = summary.type
        item = WriteItem(
            record: resource.record,
            digest: document.withBytes { TreeHasher.leafHash($0).bytes },
            category: summary.category(in: document),
            labels: found.labels,
            namesOthers: !others.isEmpty,
            coded: found.coded,
            links: links,
            bases: found.bases.map { "\($0.label): \($0.source)" }
        )
        facts = FactExtractor.facts(of: document.root, isPart2Source: isPart2Source)
        identity = type == .patient ? IdentityReader.identity(of: document.root) : nil
    }
}
