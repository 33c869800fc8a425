public import Consent
internal import FHIRModel
public import VaultCore

/// How a record that another one refers to stands to a request.
public enum ReferenceStanding: Sendable, Hashable {
    /// Every record of its segment may go to this requester.
    case permitted
    /// It depends on the record itself.
    case depends
    /// It may not go, or was deleted.
    case withheld
    /// The patient has no such record.
    case unknown
}

extension GuardCore {
    /// How records that a response refers to stand to its request, so that it names none that is withheld.
    ///
    /// No key leaves here and nothing of a record: no entry is due.
    ///
    /// - Parameters:
    ///   - records: Types and ids.
    ///   - context: The request that the response answers.
    ///   - grant: Under which the response was opened; its patient's records are asked about.
    /// - Returns: One answer for each.
    /// - Throws: ``GuardError/grantEnded``, ``GuardError/sealed`` and other ``Failure``s.
    public func standing(
        of records: [RecordID],
        to context: DecisionContext,
        under grant: Grant
    ) throws -> [ReferenceStanding] {
        guard !records.isEmpty else { return [] }
        return try exclusively { mutable in
            try mutable.tickets.check(grant)
            return try mutable.state.standing(of: records, of: grant.patient, to: context)
        }
    }

    /// The same for a record side elsewhere, by the facts as they are here.
    ///
    /// - Parameters:
    ///   - records: Types and ids.
    ///   - request: What the response answers; its patient is the grant's.
    ///   - grant: Under which the response was opened.
    /// - Returns: One answer for each.
    /// - Throws: ``GuardError/grantEnded``, ``GuardError/sealed`` and other ``Failure``s.
    public func standing(
        of records: [RecordID],
        to request: AccessRequest,
        under grant: Grant
    ) throws -> [ReferenceStanding] {
        guard !records.isEmpty else { return [] }
        return try exclusively { mutable in
            try mutable.tickets.check(grant)
            let state = mutable.state
            guard let patient = try state.patient(grant.patient),
                let reference = RecordID(patient.reference)
            else { throw GuardError.grantEnded }
            var request = request
            request.patient = reference
            let context = DecisionContext(
                request: request,
                facts: try state.facts(of: grant.patient).facts,
                directory: try state.directoryFacts(),
                policies: policies
            )
            return try state.standing(of: records, of: grant.patient, to: context)
        }
    }
}

extension GuardState {
    fileprivate func standing(
        of records: [RecordID],
        of patient: PatientPseudonym,
        to context: DecisionContext
    ) throws -> [ReferenceStanding] {
        guard let known = try self.patient(patient) else { throw GuardError.grantEnded }
        let catalogue = try self.catalogue(of: patient)
        var answers: [UInt32: ReferenceStanding] = [:]
        return records.map { record in
            let tag = ring.tag(of: record, patient: patient)
            guard let number = catalogue.number(ofTag: tag.high) else {
                return .unknown
            }
            let item = catalogue.items[number]
            if item.isDeleted { return .withheld }
            if let answer = answers[UInt32(item.segment)] { return answer }
            let answer = context.standing(of: known.segments[Int(item.segment)])
            answers[UInt32(item.segment)] = answer
            return answer
        }
    }
}

extension DecisionContext {
    fileprivate func standing(of segment: Segment) -> ReferenceStanding {
        switch segmentVerdict(category: segment.category, labels: segment.labels) {
        case .permit: segment.namesOthers ? .depends : .permitted
        case .depends: .depends
        case .deny: .withheld
        }
    }
}
