internal import Consent
internal import Guard
internal import VaultCore

/// A resource whose owner is known.
struct PendingResource: Sendable {
    var resource: AnalysedResource
    var owner: RecordOwner
    /// Place of its file among those that are stored together.
    var file: Int
}

/// One owner's share of a batch.
struct PatientBatch: Sendable {
    private(set) var write: PatientWrite
    private(set) var resources: [AnalysedResource] = []
    /// The place of each resource's file.
    private(set) var files: [Int] = []

    init(owner: RecordOwner) {
        let patient: RecordID? =
            switch owner {
            case .patient(let reference): reference
            case .directory: nil
            }
        write = PatientWrite(patient: patient, items: [], facts: [], identity: nil)
    }

    mutating func add(_ pending: PendingResource) {
        let resource = pending.resource
        var item = resource.item
        // What follows shared records only is shared itself, and so names nobody.
        if write.patient == nil { item.namesOthers = false }
        write.items.append(item)
        resources.append(resource)
        files.append(pending.file)
        if let related = resource.related { write.related.append(related) }
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
    private var places: [[RecordOwner: Int]] = []
    /// Where the resource before went: neighbours are mostly of one patient.
    private var last: (owner: RecordOwner, round: Int, place: Int)?

    init(_ batch: [PendingResource]) {
        var seen: [RecordKey: (round: Int, newest: AnalysedResource)] = [:]
        seen.reserveCapacity(batch.count)
        for pending in batch {
            let resource = pending.resource
            var round = 0
            if let before = seen[resource.key] {
                // Every Bundle brings the same directory entries: what says the same again changes nothing.
                if before.newest.item.saysTheSame(as: resource.item) { continue }
                round = before.round + 1
            }
            seen[resource.key] = (round, resource)
            let place = self.place(of: pending.owner, in: round)
            rounds[round][place].add(pending)
        }
    }

    private mutating func place(of owner: RecordOwner, in round: Int) -> Int {
        if let last, last.round == round, last.owner == owner { return last.place }
        if round == rounds.count {
            rounds.append([])
            places.append([:])
        }
        let place: Int
        if let known = places[round][owner] {
            place = known
        } else {
            place = rounds[round].count
            places[round][owner] = place
            rounds[round].append(PatientBatch(owner: owner))
        }
        last = (owner, round, place)
        return place
    }
}

extension WriteItem {
    /// Whether another version of the record would be no new one.
    fileprivate func saysTheSame(as other: WriteItem) -> Bool {
        digest == other.digest && isDeletion == other.isDeletion && category == other.category
            && labels == other.labels && coded == other.coded && namesOthers == other.namesOthers
            && links == other.links
    }
}
