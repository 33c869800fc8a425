internal import FHIRModel
internal import FHIRSearch
internal import Guard
internal import Vault
internal import VaultCore

/// Searches of one type: inside what the requester may see of the patients that the query names, or in
/// the shared directory.
struct Searching {
    let request: FHIRCall

    /// Matches on a page where the client does not say, and at most.
    static let defaultCount = 50
    static let maximumCount = 1_000
    /// Inclusions of one page at most.
    static let maximumIncluded = 2_000

    init(_ request: FHIRCall) { self.request = request }

    func reply() throws -> HTTPReply {
        let type = try request.type()
        try request.requester.require(.search, on: type)
        var pairs = try request.pairs()
        var offset = 0
        if let name = pairs.first(where: { $0.name == "_page" })?.value {
            guard
                let page = request.server.cursors.page(
                    name,
                    for: request.requester,
                    now: request.now
                ), page.target == .search(type.rawValue)
            else { throw Problem(410, "expired", "this page is not there (any more)") }
            pairs = page.pairs
            offset = page.offset
        } else if request.match.route.interaction == .compartmentSearch, let id = request.match.id {
            pairs.insert(
                QueryPair(Self.compartmentParameter(of: type), "Patient/\(id.text)"),
                at: 0
            )
        }
        let query = try Self.understood(pairs, type: type)
        if !query.ignored.isEmpty, request.preference("handling") == "strict" {
            throw Problem.invalid("a search parameter is not known", code: "not-supported")
        }
        let patients = try SearchSubjects(request).patients(of: query, pairs)
        return try request.disclosing { try answer(query, patients, offset: offset, pairs) }
    }

    /// Reads a query, and says what is wrong with it as FHIR wants it said.
    static func understood(_ pairs: [QueryPair], type: ResourceType) throws -> SearchQuery {
        var reader = SearchQueryReader(type: type)
        do { return try reader.read(pairs) } catch {
            switch error {
            case .unsupported(let parameter):
                throw Problem.invalid(
                    "the parameter `\(parameter)` is not evaluated in this form",
                    code: "not-supported"
                )
            case .badValue(let parameter):
                throw Problem.invalid("a value of `\(parameter)` is not of its kind", code: "value")
            case .tooMuch:
                throw Problem.invalid("the query asks for too much", code: "too-costly")
            }
        }
    }

    /// The parameter that links a type to the patient of a compartment.
    static func compartmentParameter(of type: ResourceType) -> String {
        let table = SearchParameterTable.standard
        return ["patient", "subject", "beneficiary"].first {
            table.parameter($0, of: type) != nil
        } ?? "patient"
    }

    private func answer(
        _ query: SearchQuery,
        _ subjects: SearchSubjects.Answer,
        offset: Int,
        _ pairs: [QueryPair]
    ) throws -> FHIRCall.Answer {
        var views: [LeaseView] = []
        switch subjects {
        case .directory: views = [try request.directory()]
        case .patients(let patients):
            for patient in patients {
                if let view = try request.view(of: patient) { views.append(view) }
            }
        }
        let found = try views.map { ($0, try $0.matches(query)) }
        let total = found.reduce(0) { $0 + $1.1.count }
        let isCount = query.summary == .count || query.count == 0
        let size = isCount ? 0 : min(query.count ?? Self.defaultCount, Self.maximumCount)
        var bundle = BundleWriter(type: "searchset", total: total)
        bundle.link("self", selfLink(query))
        if !isCount, offset + size < total {
            bundle.link("next", try nextLink(query, offset: offset + size, pairs))
        }
        let projection = ResourceProjection(mode: query.summary, elements: query.elements)
        var carried: [(LeaseView, [LeasedRecord])] = []
        var skipped = offset
        var left = size
        for (view, places) in found {
            let page = Array(places.dropFirst(skipped).prefix(left))
            skipped = max(0, skipped - places.count)
            left -= page.count
            carried.append(
                (view, try add(page, of: view, query, projection, to: &bundle))
            )
        }
        var reply = request.server.fhir(200, bundle.bytes())
        reply.isMiss = total == 0
        for view in views { reply.headers += Reading.obligations(of: view) }
        return FHIRCall.Answer(reply: reply, carried: carried)
    }

    /// Adds a page's matches and what they include; answers what of the patient's record went in.
    private func add(
        _ page: [LeaseView.Place],
        of view: LeaseView,
        _ query: SearchQuery,
        _ projection: ResourceProjection?,
        to bundle: inout BundleWriter
    ) throws -> [LeasedRecord] {
        let included =
            query.inclusions.isEmpty
            ? []
            : try SearchEvaluator(view).included(
                by: query.inclusions,
                for: page,
                limit: Self.maximumIncluded
            )
        var own: [LeasedRecord] = []
        for (places, mode) in [(page, "match"), (included, "include")]
            as [([LeaseView.Place], StaticString)]
        {
            for place in places {
                let record = try view.record(at: place)
                let bytes = try projection.map { $0.bytes(of: try view.root(at: place)) }
                bundle.add(record, bytes: bytes ?? record.bytes, mode: mode, base: request.base)
                if case .own = place { own.append(record) }
            }
        }
        return own
    }

    private func selfLink(_ query: SearchQuery) -> String {
        let text = query.understood.map {
            "\(FormText.encoded($0.name))=\(FormText.encoded($0.value))"
        }.joined(separator: "&")
        return "\(request.base)/\(query.type.rawValue)" + (text.isEmpty ? "" : "?\(text)")
    }

    private func nextLink(
        _ query: SearchQuery,
        offset: Int,
        _ pairs: [QueryPair]
    ) throws -> String {
        let name = request.server.cursors.add(
            CursorStore.Page(
                requester: request.requester,
                target: .search(query.type.rawValue),
                pairs: pairs,
                offset: offset,
                end: CursorStore.end(after: request.now)
            )
        )
        return "\(request.base)/\(query.type.rawValue)?_page=\(name)"
    }
}
