internal import Consent
internal import Guard
internal import VaultCore

/// A resource whose owner is known.
struct PendingResource: Sendable {
    var resource: AnalysedResource
    var owner: RecordOwner
}

/// One owner's share of a batch.
struct PatientBatch: Sendable {
    private(set) var write: PatientWrite
    private(set) var resources: [AnalysedResource] = []

    init(owner: RecordOwner) {
        let patient: RecordID? =
            switch owner {
            case .patient(let reference): reference
            case .directory: nil
            }
        write = PatientWrite(patient: patient, items: [], facts: [], identity: nil)
    }

    mutating func add(_ resource: AnalysedResource) {
        var item = resource.item
        // What follows shared records only is shared itself, and so names nobody.
        if write.patient == nil { item.namesOthers = false }
        write.items.append(item)
        resources.append(resource)
        // What is deleted states nothing any more.
        if item.isDeletion { return }
        if !resource.facts.isEmpty {
            write.facts.append(
                PatientFacts.Entry(origin: resource.record, version: 1, facts: resource.facts)
            )
        }
        if let identity = resource.identity { write.identity = identity }
    }
}

/// A batch cut into its owners' shares.
struct BatchShares {
    /// To be planned one after another: a record that comes twice in a batch is two versions.
    private(set) var rounds: [[PatientBatch]] = []
    /// Resources with a clinical code that no table knows.
    let unclassified: Int

    init(_ batch: [PendingResource]) {
        unclassified = batch.count { $0.resource.item.labels.contains(.unclassified) }
        var places: [[RecordOwner: Int]] = []
        var seen: [RecordID: Int] = [:]
        seen.reserveCapacity(batch.count)
        for pending in batch {
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
            rounds[round][place].add(pending.resource)
        }
    }
}
