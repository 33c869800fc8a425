internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Synchronization
internal import Vault
internal import VaultCore

/// What one requester may see of a lease: the Guard's decision, narrowed by the scopes of the token.
///
/// Reads, searches, chains, inclusions and operations all look through this and at nothing else.
final class LeaseView: SearchScope, Sendable {
    enum Place: Hashable {
        case own(Int)
        case directory(RecordID)
    }

    let lease: Lease
    let vault: VaultService
    private let scopes: [ClientScope]
    private let hidden: Set<Int>
    private let directory = Mutex<[RecordID: LeasedRecord?]>([:])
    private let documents = Mutex<[RecordID: JSONDocument]>([:])
    /// What searches have found: a lease does not change while it lives, and pages ask again.
    private let found = Mutex(Found())

    private struct Found {
        var places: [Search: [Place]] = [:]
        var count = 0
    }

    private struct Search: Hashable {
        var type: ResourceType
        var criteria: [Criterion]
        var sort: [SortKey]
    }

    /// Most places kept of one lease's searches.
    private static let foundLimit = 20_000

    init(_ lease: Lease, of vault: VaultService, scopes: [ClientScope]) throws {
        self.lease = lease
        self.vault = vault
        self.scopes = scopes
        var hidden: Set<Int> = []
        for type in lease.presentTypes {
            let places = lease.places(of: type)
            let isReadable =
                !scopes.allowing(.read, on: type.rawValue).isEmpty
                || !scopes.allowing(.search, on: type.rawValue).isEmpty
            let filter = ScopeFilter(scopes, type: type)
            if isReadable, filter.isOpen { continue }
            for place in places {
                guard isReadable, filter.admits(try lease.document(at: place).root) else {
                    hidden.insert(place)
                    continue
                }
            }
        }
        self.hidden = hidden
    }

    // MARK: SearchScope

    func places(of type: ResourceType) -> [Place] {
        let own = lease.places(of: type)
        return hidden.isEmpty
            ? own.map { .own($0) } : own.filter { !hidden.contains($0) }.map { .own($0) }
    }

    func root(at place: Place) throws -> JSONNode {
        switch place {
        case .own(let index): return try lease.document(at: index).root
        case .directory(let id):
            if let known = documents.withLock({ $0[id] }) { return known.root }
            guard let record = try directoryRecord(id) else { throw Problem.notFound }
            var parser = JSONParser()
            let document = try parser.parse(record.bytes)
            documents.withLock { $0[id] = document }
            return document.root
        }
    }

    func place(type: ResourceType, id: String) throws -> Place? {
        guard let id = FHIRID(id) else { return nil }
        let record = RecordID(type: type.rawValue, id: id)
        if let own = lease.place(of: record) { return hidden.contains(own) ? nil : .own(own) }
        guard type.mayBeShared, try directoryRecord(record) != nil else { return nil }
        return .directory(record)
    }

    /// What a query finds, sorted; the same query finds the same while the lease lives.
    func matches(_ query: SearchQuery) throws -> [Place] {
        let search = Search(type: query.type, criteria: query.criteria, sort: query.sort)
        if let known = found.withLock({ $0.places[search] }) { return known }
        let places = try SearchEvaluator(self).matches(query)
        found.withLock { found in
            if found.count + places.count > Self.foundLimit { found = Found() }
            guard places.count <= Self.foundLimit, found.places.count < 1_000 else { return }
            if found.places.updateValue(places, forKey: search) == nil {
                found.count += places.count
            }
        }
        return places
    }

    // MARK: Records

    /// A record of the lease by its id; `nil` for hidden and absent ones.
    func record(_ id: RecordID) -> LeasedRecord? {
        guard let place = lease.place(of: id), !hidden.contains(place) else { return nil }
        return lease.records[place]
    }

    /// A record of the lease by its number; `nil` for hidden and absent ones.
    func record(number: UInt32) -> LeasedRecord? {
        guard let place = lease.place(ofNumber: number), !hidden.contains(place) else { return nil }
        return lease.records[place]
    }

    /// The record at a place.
    func record(at place: Place) throws -> LeasedRecord {
        switch place {
        case .own(let index): return lease.records[index]
        case .directory(let id):
            guard let record = try directoryRecord(id) else { throw Problem.notFound }
            return record
        }
    }

    /// All records of the patient, by number.
    var all: [LeasedRecord] {
        hidden.isEmpty
            ? lease.records
            : lease.records.enumerated().filter { !hidden.contains($0.offset) }.map(\.element)
    }

    /// A record of the shared directory, where the token allows its type.
    func directoryRecord(_ id: RecordID) throws -> LeasedRecord? {
        if let known = directory.withLock({ $0[id] }) { return known }
        guard
            !scopes.allowing(.read, on: id.type).isEmpty
                || !scopes.allowing(.search, on: id.type).isEmpty
        else { return nil }
        let found = try vault.directoryRecords([id], under: lease).first
        directory.withLock { $0[id] = .some(found) }
        return found
    }

    /// Whether a version that was read outside the lease's own records may be seen.
    func admits(_ version: LeasedRecord) -> Bool {
        let filter = ScopeFilter(scopes, type: version.type)
        if filter.isOpen { return true }
        var parser = JSONParser()
        guard let document = try? parser.parse(version.bytes) else { return false }
        return filter.admits(document.root)
    }
}
