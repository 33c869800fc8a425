internal import FHIRModel
internal import Guard

/// Which categories of a record an app's scopes can reach: what a person is asked about.
enum SharedCategories {
    /// Categories in their usual order; what nobody shares with an app is left out.
    static func reached(by scopes: [ClientScope]) -> [DataCategory] {
        guard let types = scopes.types(allowingAnyOf: [.read, .search]) else { return offered }
        var found: Set<DataCategory> = []
        for type in types.compactMap({ ResourceType(named: $0) }) {
            found.formUnion(DataCategory(type).map { [$0] } ?? many(type))
        }
        return offered.filter { found.contains($0) }
    }

    /// All but the log, the shared directory, and what belongs to studies.
    private static let offered = DataCategory.allCases.filter {
        ![.audit, .directory, .research].contains($0)
    }

    /// Types whose category is told by the resource alone.
    private static func many(_ type: ResourceType) -> Set<DataCategory> {
        switch type {
        case .observation:
            [
                .vitalSigns, .laboratory, .imaging, .procedures, .socialHistory, .questionnaires,
                .genomics, .other,
            ]
        case .diagnosticReport: [.laboratory, .imaging, .notes, .genomics, .other]
        case .documentReference, .media: [.notes, .documents, .imaging, .other]
        case .communication: [.messages, .education, .feedback, .disputes, .other]
        case .task: [.tasks, .disputes, .other]
        default: Set(offered)
        }
    }
}
