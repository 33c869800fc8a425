internal import FHIRModel
internal import Guard
internal import Vault
internal import VaultCore

/// What of a subscription's events may be told now: each is decided and opened anew, and in the log before it leaves.
struct EventTelling {
    let server: Server
    let requester: Requester
    let subscription: Subscription

    /// What may be told, with patients whose own consent lets it be.
    struct Outcome {
        var told: [SubscriptionNotice.Told] = []
        var byConsent: [PatientPseudonym] = []
    }

    /// Decides about events and writes the entry of what is told of them.
    ///
    /// An event whose patient permits nothing any more, or whose record is hidden or gone, is left out; its number
    /// stays, and looks like any other gap.
    func tell(_ events: [Subscription.Event]) throws -> Outcome {
        for _ in 0..<3 {
            var outcome = Outcome()
            var carried: [(lease: Lease, records: [LeasedRecord])] = []
            for patient in Set(events.map(\.patient)).sorted() {
                let own = events.filter { $0.patient == patient && $0.record != nil }
                guard !own.isEmpty, let view = try view(of: patient) else { continue }
                var records: [LeasedRecord] = []
                for event in own {
                    guard let number = event.record?.number,
                        let record = view.record(number: number)
                    else { continue }
                    outcome.told.append(
                        SubscriptionNotice.Told(event: event, focus: record.record)
                    )
                    if !records.contains(where: { $0.number == number }) { records.append(record) }
                }
                guard !records.isEmpty else { continue }
                carried.append((view.lease, records.sorted { $0.number < $1.number }))
                if view.lease.isByConsent { outcome.byConsent.append(patient) }
            }
            do {
                if !carried.isEmpty {
                    try server.vault.disclose(
                        carried,
                        inFile: "Subscription/\(subscription.id.text)"
                    )
                }
            } catch GuardError.grantEnded { continue } catch GuardError.invalid(
                field: "manifest"
            ) { continue }
            outcome.told += try ended(events)
            outcome.told.sort { $0.event.number < $1.event.number }
            return outcome
        }
        throw Problem.busy
    }

    /// Events that say that a consent has ended: their entry was written when they were noted.
    private func ended(_ events: [Subscription.Event]) throws -> [SubscriptionNotice.Told] {
        let ended = events.filter { $0.record == nil }
        guard !ended.isEmpty else { return [] }
        let names = try server.vault.guard.references(
            of: ended.map(\.patient),
            in: subscription.id,
            by: requester.caller
        )
        return ended.compactMap { event in
            names[event.patient].map { SubscriptionNotice.Told(event: event, focus: $0) }
        }
    }

    private func view(of patient: PatientPseudonym) throws -> LeaseView? {
        let permitted = try server.vault.guard.exportable(
            [patient],
            request: ExportWork.request(of: requester),
            by: requester.caller
        )
        guard let reference = permitted.first else { return nil }
        return try server.view(
            of: .id(reference.id),
            for: requester,
            isExport: true,
            isKept: false
        )
    }
}
