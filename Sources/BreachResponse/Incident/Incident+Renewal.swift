internal import VaultCore

extension Incident {
    /// Place of the record that reopened the case after its letters were written; `nil` where there is none.
    ///
    /// From there on the clocks run for whom the new facts concern. A case that was closed without letters has no such
    /// record: nobody was told, so that the first knowledge still counts (45 CFR 164.404(a)(2)).
    public var renewal: Int? {
        guard let last = records.lastIndex(where: { Self.isOf($0, .reopen) }),
            records[..<last].contains(where: { Self.isOf($0, .notify) })
        else { return nil }
        return last
    }

    /// The records since ``renewal``, that record first; all where there is none.
    var currentRecords: ArraySlice<JSONValue> { records[(renewal ?? 0)...] }

    private static func isOf(_ record: JSONValue, _ event: IncidentEvent) -> Bool {
        record["event"] == .string(event.rawValue)
    }
}
