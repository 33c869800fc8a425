public import Consent
internal import FHIRModel
public import Guard
internal import Records
internal import Sealing
public import VaultCore

/// What somebody would see with a consent that is not given yet.
public struct ConsentPreview: Sendable {
    /// One record of the patient.
    public struct Item: Sendable {
        /// Type and id.
        public let record: RecordID
        /// Category and labels.
        public let segment: Segment
        /// Whether it would be released.
        public let isReleased: Bool
        /// Whether parts of it would be taken out.
        public let isShortened: Bool
        /// The rules that would decide.
        public let rules: [DeterminingRule]
    }

    /// The decision about the request as a whole, and what would happen to each segment.
    public let trial: ConsentTrial
    /// Every record, where the patient asks; an officer sees segments only.
    public let items: [Item]?
    /// The answer that would go out, as a FHIR R4 Bundle, where the patient asks.
    public let bundle: [UInt8]?
    /// What in the consent has no effect.
    public let problems: [String]
}

extension VaultService {
    /// Shows what a requester would see if a consent were in force; nothing is stated.
    ///
    /// The patient's own look at the records behind it is a disclosure to the patient, and logged as one.
    ///
    /// - Parameters:
    ///   - bytes: One Consent resource, JSON.
    ///   - requester: Who would ask.
    ///   - purposes: For what.
    ///   - session: Of the patient, an officer or a registrar.
    ///   - context: Where the call came from.
    ///   - now: To tell an expired Consent.
    /// - Returns: What would be released, withheld and shortened, and why.
    /// - Throws: As ``addConsent(_:by:context:now:)``.
    public func previewConsent(
        _ bytes: [UInt8],
        for requester: Requester,
        purposes: [String],
        by session: Caller,
        context: CallContext,
        now: Instant
    ) throws -> ConsentPreview {
        let stated = try StatedConsent(bytes, now: now)
        let facts = FactExtractor.facts(of: stated.document.root)
        let trial: ConsentTrial
        do {
            trial = try localGuard().tryConsent(
                PatientFacts.Entry(origin: stated.record, version: .max, facts: facts),
                of: .id(stated.patient.id),
                for: requester,
                purposes: purposes,
                by: session,
                context: context
            )
        } catch GuardError.unknown { throw VaultError.consentWithoutPatient }
        let own = trial.isOwn ? try ownRecords(of: stated.patient, session, context) : nil
        let (items, bundle) = try own.map { try shown($0, trial) } ?? (nil, nil)
        return ConsentPreview(
            trial: trial,
            items: items,
            bundle: bundle,
            problems: stated.directive.problems
        )
    }

    /// The patient's own records, read as the patient.
    private func ownRecords(
        of patient: RecordID,
        _ session: Caller,
        _ context: CallContext
    ) throws -> (grant: Grant, records: [OpenedRecord])? {
        var request = ReleaseRequest(patient: .id(patient.id), purposes: ["PATRQT"])
        request.context = context
        guard case .granted(let grant) = try `guard`.release(request, by: session) else {
            return nil
        }
        let opened = try GrantReader(vault: self, grant: grant, request: request).open()
        _ = try recordDisclosure(of: opened, under: grant)
        return (grant, opened)
    }

    /// What the other would get of these records.
    private func shown(
        _ own: (grant: Grant, records: [OpenedRecord]),
        _ trial: ConsentTrial
    ) throws -> ([ConsentPreview.Item]?, [UInt8]?) {
        var parser = JSONParser()
        var summary = ResourceSummary()
        var released: [OpenedRecord] = []
        var rules: [[DeterminingRule]] = []
        let isAny = trial.decision.effect == .permit
        for record in own.records {
            guard let document = try? parser.parse(record.disclosed.bytes) else {
                throw VaultError.damagedRecord
            }
            let decision = trial.context.decision(
                for: RecordAttributes(
                    category: record.segment.category,
                    labels: record.segment.labels,
                    detail: RecordReader.detail(of: document.root)
                )
            )
            rules.append(decision.rules)
            guard isAny, decision.effect == .permit else { continue }
            if record.segment.namesOthers {
                // A second patient would have to permit it too, and is not asked in a preview.
                try summary.gather(document.root)
                guard summary.secondPatients(in: document, of: own.grant.reference) == [] else {
                    continue
                }
            }
            released.append(record)
        }
        let told = try ResponseRedaction(
            of: released,
            as: trial.context,
            under: own.grant,
            in: self
        ).apply(to: released)
        let bytes = Dictionary(
            uniqueKeysWithValues: told.map { ($0.disclosed.record, $0.disclosed.bytes) }
        )
        let items = zip(own.records, rules).map { record, rules in
            let answer = bytes[record.disclosed.record]
            return ConsentPreview.Item(
                record: record.disclosed.record,
                segment: record.segment,
                isReleased: answer != nil,
                isShortened: answer.map { $0 != record.disclosed.bytes } ?? false,
                rules: rules
            )
        }
        return (items, Disclosure.bundle(of: told.map(\.disclosed)))
    }
}
