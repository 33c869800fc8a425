internal import Consent
internal import Guard
internal import VaultCore

/// The question of a past decision, put together again from its entry.
enum PastRequest {
    /// The question to the rules, as far as the entry says it.
    static func request(
        _ entry: LoggedEntry,
        _ part: LoggedEntry.Part,
        _ requester: Requester
    ) -> AccessRequest {
        let purposes = (entry.header["purpose"]?.array ?? []).compactMap(\.string)
        var request = AccessRequest(
            requester: requester,
            patient: part.reference.flatMap { RecordID($0) } ?? nobody,
            purposes: purposes,
            now: entry.time
        )
        if let reason = entry["breakGlassReason"], reason != "none", reason != "unknown" {
            request.breakGlass = EmergencyOverride(reason: reason)
        }
        if let claim = part.body["claim"]?.string,
            let id = RecordID(claim) ?? FHIRID(claim).map({ RecordID(type: "Claim", id: $0) })
        {
            request.claim = .one(id)
        }
        return request
    }

    /// Stands where a patient's id is no longer known; no rule of a relationship can match it.
    private static let nobody: RecordID = {
        guard let nobody = RecordID("Patient/erased") else {
            preconditionFailure("a literal reference")
        }
        return nobody
    }()
}
