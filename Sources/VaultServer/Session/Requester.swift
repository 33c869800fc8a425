internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import VaultCore

/// Who asks, by the token that the Guard signed and read; the server believes nothing else.
struct Requester: Sendable {
    let token: String
    let facts: TokenFacts
    /// A break-glass declared with the request.
    let emergency: BreakGlass?
    let context: CallContext
    /// What stands in the token's place for a subscription, which is told without a request.
    var standing: Caller?

    /// What the Guard takes as proof.
    var caller: Caller { standing ?? .token(token) }

    /// Refuses what no scope of the token allows on a type.
    func require(_ action: ClientScope.Actions, on type: ResourceType) throws(Problem) {
        guard !facts.scopes.allowing(action, on: type.rawValue).isEmpty else {
            throw .forbidden
        }
    }

    /// The types that the token allows to be read; empty for all, as a release request names them.
    var readableTypes: [String] {
        facts.scopes.types(allowingAnyOf: [.read, .search]) ?? []
    }

    /// A release request for one patient's record.
    func request(for patient: PatientDesignation, record: RecordID? = nil) -> ReleaseRequest {
        var request = ReleaseRequest(patient: patient, purposes: facts.purposes)
        request.types = readableTypes
        request.record = record
        request.breakGlass = emergency
        request.context = context
        request.isLease = true
        return request
    }

    /// Whether a cursor or a lease of `other` is this requester's too.
    func isSame(as other: Requester) -> Bool {
        facts.principal == other.facts.principal && facts.client == other.facts.client
            && facts.scopes == other.facts.scopes && facts.purposes == other.facts.purposes
            && facts.patient == other.facts.patient && emergency == other.emergency
    }
}

/// Which records of a type the scopes of a token let through: any scope without a filter all of them, else
/// those that all filters of one scope hold for.
struct ScopeFilter: Sendable {
    private let queries: [SearchQuery]?

    /// Throws where a filter is none that this build evaluates: then nothing goes through.
    init(_ scopes: [ClientScope], type: ResourceType) {
        let fitting =
            scopes.allowing(.read, on: type.rawValue)
            + scopes.allowing(.search, on: type.rawValue)
        if fitting.contains(where: \.filters.isEmpty) {
            queries = nil
            return
        }
        queries = fitting.compactMap { scope in
            var reader = SearchQueryReader(type: type)
            guard
                let query = try? reader.read(scope.filters.map { QueryPair($0.name, $0.value) }),
                query.ignored.isEmpty, query.criteria.count == scope.filters.count
            else { return nil }
            return query
        }
    }

    /// Whether every record goes through.
    var isOpen: Bool { queries == nil }

    func admits(_ root: JSONNode) -> Bool {
        guard let queries else { return true }
        let evaluator = SearchEvaluator(NoScope())
        return queries.contains { (try? evaluator.meets($0, root)) ?? false }
    }
}

/// Nothing to look at: a filter speaks of one record alone.
private struct NoScope: SearchScope {
    func places(of type: ResourceType) -> [Int] { [] }
    func root(at place: Int) throws -> JSONNode { throw Problem.notFound }
    func place(type: ResourceType, id: String) throws -> Int? { nil }
}
