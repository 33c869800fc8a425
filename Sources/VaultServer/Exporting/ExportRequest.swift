internal import FHIRModel
internal import FHIRSearch
internal import VaultCore

/// What a client asks an export for.
///
/// Source: HL7 FHIR Bulk Data Access 2.0, bulk data kick-off request.
struct ExportRequest: Sendable {
    /// Whose records.
    enum Level: Sendable, Equatable {
        case system, patients
        case group(FHIRID)

        /// As the log names it.
        var name: String {
            switch self {
            case .system: "system"
            case .patients: "patient"
            case .group: "group"
            }
        }
    }

    var level: Level
    /// Address as asked, for the manifest.
    var address: String
    var types: Set<ResourceType> = []
    /// Only what was changed later.
    var since: Instant?
    /// Of these types only what one of the searches finds.
    var filters: [ResourceType: [SearchQuery]] = [:]
    /// Of each resource only these, beside what is mandatory; everything where there are none.
    private var elements: [Element] = []

    /// An element of the root: of one type, or of every type that has it.
    private struct Element {
        var type: ResourceType?
        var name: String
    }

    /// Reads the parameters of a kick-off; what would change the answer and is not known is refused, unless the
    /// client takes less than it asks for.
    init(level: Level, address: String, _ pairs: [QueryPair], isLenient: Bool) throws {
        self.level = level
        self.address = address
        for pair in pairs {
            switch pair.name {
            case "_outputFormat":
                guard MediaType.allNDJSON.contains(MediaType.bare(pair.value)) else {
                    throw Problem.invalid("only NDJSON is exported", code: "not-supported")
                }
            case "_since":
                guard let date = PartialDate(pair.value), date.precision == .instant else {
                    throw Problem.invalid("a value of `_since` is not of its kind", code: "value")
                }
                since = date.earliest
            case "_typeFilter": try addFilters(pair.value)
            case "_elements": try addElements(pair.value, isLenient: isLenient)
            case "_type":
                for name in pair.value.split(separator: ",") {
                    guard let type = ResourceType(named: String(name)) else {
                        if isLenient { continue }
                        throw Problem.invalid("a type of `_type` is not known", code: "value")
                    }
                    types.insert(type)
                }
            case "_format", "_pretty": continue
            default:
                guard isLenient else {
                    throw Problem.invalid(
                        "a parameter of this operation is not known",
                        code: "not-supported"
                    )
                }
            }
        }
        // Everything of `_type` was unknown: to export all instead would be more than was asked for.
        if types.isEmpty, pairs.contains(where: { $0.name == "_type" }) {
            throw Problem.invalid("no type of `_type` is known", code: "value")
        }
        if elements.isEmpty, pairs.contains(where: { $0.name == "_elements" }) {
            throw Problem.invalid("`_elements` names no element", code: "value")
        }
        guard types.isEmpty || filters.keys.allSatisfy(types.contains) else {
            throw Problem.invalid("a type of `_typeFilter` is not one of `_type`", code: "value")
        }
    }

    /// Searches joined by commas; a comma that does not stand before `Type?` belongs to a search's own values.
    private mutating func addFilters(_ text: String) throws {
        var searches: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = part.prefix { $0 != "?" }
            if part.contains("?"), ResourceType(named: String(name)) != nil || searches.isEmpty {
                searches.append(String(part))
            } else if !searches.isEmpty {
                searches[searches.count - 1] += ",\(part)"
            } else {
                searches.append(String(part))
            }
        }
        guard searches.count <= 50 else {
            throw Problem.invalid("`_typeFilter` asks for too much", code: "too-costly")
        }
        for search in searches {
            let sides = search.split(
                separator: "?",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard sides.count == 2, let type = ResourceType(named: String(sides[0])),
                let pairs = FormText.pairs(sides[1]), !pairs.isEmpty
            else {
                throw Problem.invalid("`_typeFilter` is not `Type?parameter=value`", code: "value")
            }
            let query = try Searching.understood(pairs, type: type)
            guard query.ignored.isEmpty, !query.criteria.isEmpty, query.inclusions.isEmpty,
                query.sort.isEmpty, query.count == nil, query.summary == .false,
                query.elements.isEmpty
            else {
                throw Problem.invalid(
                    "`_typeFilter` has something else than conditions that are evaluated here",
                    code: "not-supported"
                )
            }
            filters[type, default: []].append(query)
        }
    }

    /// `Type.element` or `element`, joined by commas.
    private mutating func addElements(_ text: String, isLenient: Bool) throws {
        for part in text.split(separator: ",") {
            let sides = part.split(separator: ".", omittingEmptySubsequences: false)
            let type = sides.count == 2 ? ResourceType(named: String(sides[0])) : nil
            guard sides.count == 1 || type != nil, let name = sides.last, !name.isEmpty,
                name.allSatisfy({ $0.isASCII && $0.isLetter })
            else {
                if isLenient { continue }
                throw Problem.invalid(
                    "`_elements` is not `Type.element` or `element`",
                    code: "value"
                )
            }
            elements.append(Element(type: type, name: String(name)))
        }
    }

    /// How resources of a type are shortened; `nil` for whole ones.
    ///
    /// Of a type that only others' elements were named for what is mandatory is left: it was not listed.
    func projection(of type: ResourceType) -> ResourceProjection? {
        guard !elements.isEmpty else { return nil }
        let own = elements.filter { $0.type == nil || $0.type == type }.map(\.name)
        return ResourceProjection(mode: .false, elements: ["id"] + own)
    }

    /// The places of a type that its filters find; `nil` for a type without filters.
    func places(of type: ResourceType, in view: LeaseView) throws -> Set<LeaseView.Place>? {
        guard let queries = filters[type] else { return nil }
        return Set(try queries.flatMap { try view.matches($0) })
    }

    func admits(_ type: ResourceType, changed time: Instant) -> Bool {
        if !types.isEmpty, !types.contains(type) { return false }
        return since.map { time > $0 } ?? true
    }
}
