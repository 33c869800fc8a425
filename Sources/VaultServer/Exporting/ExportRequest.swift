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

    private static let formats = [
        "application/fhir+ndjson", "application/ndjson", "ndjson",
    ]

    /// Reads the parameters of a kick-off; what would change the answer and is not known is refused, unless the
    /// client takes less than it asks for.
    init(level: Level, address: String, _ pairs: [QueryPair], isLenient: Bool) throws {
        self.level = level
        self.address = address
        for pair in pairs {
            switch pair.name {
            case "_outputFormat":
                guard Self.formats.contains(MediaType.bare(pair.value)) else {
                    throw Problem.invalid("only NDJSON is exported", code: "not-supported")
                }
            case "_since":
                guard let date = PartialDate(pair.value), date.precision == .instant else {
                    throw Problem.invalid("a value of `_since` is not of its kind", code: "value")
                }
                since = date.earliest
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
    }

    func admits(_ type: ResourceType, changed time: Instant) -> Bool {
        if !types.isEmpty, !types.contains(type) { return false }
        return since.map { time > $0 } ?? true
    }
}
