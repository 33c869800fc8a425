internal import Guard
internal import Vault
internal import VaultCore

extension Server {
    /// What a requester may see of a patient's record; `nil` where that is nothing.
    ///
    /// - Parameters:
    ///   - patient: Whose record.
    ///   - requester: Who asks.
    ///   - isExport: Whether it is one of many patients of an export; no emergency goes on in one.
    ///   - isKept: Whether the next request should find it open.
    /// - Returns: What may be seen.
    /// - Throws: A ``Failure``.
    func view(
        of patient: PatientDesignation,
        for requester: Requester,
        isExport: Bool = false,
        isKept: Bool = true
    ) throws -> LeaseView? {
        if let own = requester.facts.patient, patient != .id(own) { return nil }
        let key = LeaseCache.Key(
            token: requester.token,
            patient: patient,
            emergency: isExport ? nil : requester.emergency,
            isExport: isExport
        )
        if let known = leases.view(key, now: clock.now()) { return known }
        var request = requester.request(for: patient)
        if isExport {
            request.action = ReleaseRequest.export
            request.breakGlass = nil
        }
        switch try vault.openLease(request, by: requester.caller) {
        case .denied: return nil
        case .opened(let lease):
            let view = try LeaseView(lease, of: vault, scopes: requester.facts.scopes)
            if isKept { leases.keep(view, key) }
            return view
        }
    }
}
