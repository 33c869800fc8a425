internal import Consent
internal import FHIRModel
internal import Sealing
internal import VaultCore

/// One request put to the rules: the decision, and which segments may be opened.
struct Question {
    struct Permitted {
        var segment: Segment
        /// Whether each record must still be asked for after it was opened.
        var needsFilter: Bool
    }

    let decision: Decision
    let context: DecisionContext
    let subject: Subject?
    /// Permitted segments that hold a current record; for a lease deleted ones count too.
    let segments: [Permitted]
    /// Everything the response will carry, where no record must be opened to know it.
    let manifest: Manifest?
    /// The one record asked for by id.
    let record: (tag: RecordTag, number: UInt32)?
    /// What is closed by containment and stops this request, whatever the rules say.
    let seal: String?

    init(
        request: ReleaseRequest,
        requester: Requester,
        subject: Subject?,
        state: GuardState,
        policies: PolicySet,
        seal: String? = nil
    ) throws {
        self.subject = subject
        self.seal = seal
        let access = request.access(
            requester: requester,
            patient: subject?.reference ?? Self.nobody,
            now: state.clock.now()
        )
        context = DecisionContext(
            request: access,
            facts: subject?.facts.facts ?? PatientFacts(),
            directory: try state.directoryFacts(),
            policies: policies
        )
        let whole = context.decision()
        guard let subject, whole.effect == .permit else {
            decision = whole
            segments = []
            manifest = nil
            record = nil
            return
        }
        let catalogue = try state.catalogue(of: subject.pseudonym)
        // A lease shows the past of a deleted record too, which lies where none may be current.
        var asked = Asked(catalogue: catalogue, countsDeleted: request.isLease)
        if let id = request.record {
            asked.restrict(to: state.ring.tag(of: id, patient: subject.pseudonym))
        }
        record = asked.record
        var found: [Permitted] = []
        for index in asked.segments {
            let segment = subject.state.segments[index]
            guard request.admits(segment.category) else { continue }
            switch context.segmentVerdict(category: segment.category, labels: segment.labels) {
            case .deny: continue
            case .permit:
                found.append(
                    Permitted(
                        segment: segment,
                        needsFilter: request.isFinerThanSegments || segment.namesOthers
                    )
                )
            case .depends: found.append(Permitted(segment: segment, needsFilter: true))
            }
        }
        segments = found
        decision = context.decision(
            releasing: found.map { ($0.segment.category, $0.segment.labels) }
        )
        manifest =
            request.isLease || found.contains(where: \.needsFilter)
            ? nil : asked.manifest(of: Set(found.map(\.segment)), in: subject.state.segments)
    }

    /// Whether the requester gets an answer with (perhaps no) records.
    ///
    /// A record asked for by id that is not there is answered like one that is hidden: with none.
    var isPermitted: Bool { decision.effect == .permit && subject != nil && seal == nil }

    /// Builds the grant, keys included; called only after the entry is durable.
    func grant(
        id: GrantID,
        end: Instant,
        receipt: Receipt,
        ticket: [UInt8],
        subject: Subject,
        state: GuardState
    ) throws -> Grant {
        let keys = try state.patientKeys(subject.pseudonym, subject.state)
        return Grant(
            id: id,
            patient: subject.pseudonym,
            reference: subject.reference,
            decision: decision,
            segments: try segments.map {
                GrantedSegment(
                    segment: $0.segment,
                    tag: keys.tag(of: $0.segment),
                    readKey: try keys.readKey(of: $0.segment),
                    needsFilter: $0.needsFilter
                )
            },
            filter: try filter(for: subject, state: state),
            record: record,
            manifest: manifest,
            directory: try state.directoryGrant(),
            end: end,
            receipt: receipt,
            ticket: ticket
        )
    }

    /// What records are decided by one by one, and what they may say of others.
    private func filter(for subject: Subject, state: GuardState) throws -> GrantFilter {
        GrantFilter(
            request: context.request,
            facts: subject.facts.facts,
            directory: try state.directoryFacts(),
            directoryIndex: subject.directoryIndex,
            context: context
        )
    }

    /// The rules are asked about this patient where the vault knows none: the same work, the same shape.
    static let nobody: RecordID = {
        guard let nobody = RecordID("Patient/unknown") else {
            preconditionFailure("a literal reference")
        }
        return nobody
    }()
}

/// The current records that a request can mean at all.
private struct Asked {
    let catalogue: Catalogue
    var record: (tag: RecordTag, number: UInt32)?
    private let countsDeleted: Bool
    private var isOne = false

    init(catalogue: Catalogue, countsDeleted: Bool) {
        self.catalogue = catalogue
        self.countsDeleted = countsDeleted
    }

    mutating func restrict(to tag: RecordTag) {
        isOne = true
        let number = catalogue.number(ofTag: tag.high)
        if let number, !catalogue.items[number].isDeleted { record = (tag, UInt32(number)) }
    }

    private var items: [(number: UInt32, item: Catalogue.Item)] {
        if isOne {
            return record.map { [($0.number, catalogue.items[Int($0.number)])] } ?? []
        }
        return catalogue.items.enumerated().map { (UInt32($0.offset), $0.element) }
    }

    /// Indexes of segments that hold a current record, or for a lease any, ascending.
    var segments: [Int] {
        Set(items.filter { countsDeleted || !$0.item.isDeleted }.map { Int($0.item.segment) })
            .sorted()
    }

    func manifest(of permitted: Set<Segment>, in all: [Segment]) -> Manifest {
        Manifest(
            items.filter { !$0.item.isDeleted && permitted.contains(all[Int($0.item.segment)]) }
                .map { Manifest.Item(number: $0.number, version: $0.item.version) }
        )
    }
}

extension ReleaseRequest {
    /// Whether a category was asked for.
    func admits(_ category: DataCategory) -> Bool {
        categories.isEmpty || categories.contains(category.rawValue)
    }

    /// Whether some records of a permitted segment were not asked for.
    var isFinerThanSegments: Bool {
        !types.isEmpty || since != nil || until != nil
    }

    /// The question to the rules.
    func access(requester: Requester, patient: RecordID, now: Instant) -> AccessRequest {
        var access = AccessRequest(
            requester: requester,
            patient: patient,
            purposes: purposes,
            now: now
        )
        access.action = .read
        access.breakGlass = breakGlass.map { EmergencyOverride(reason: $0.reason, note: $0.note) }
        if let claim,
            let id = RecordID(claim) ?? FHIRID(claim).map({ RecordID(type: "Claim", id: $0) })
        {
            access.claim = .one(id)
        }
        access.since = since
        access.until = until
        access.types = types
        access.categories = categories.compactMap { DataCategory(rawValue: $0) }
        return access
    }
}

extension GuardState {
    /// The keys of the shared directory, which holds no patient's data.
    func directoryGrant() throws -> DirectoryGrant? {
        let pseudonym = ring.pseudonym(of: Self.directoryReference)
        guard let directory = try patient(pseudonym) else { return nil }
        let keys = try patientKeys(pseudonym, directory)
        return DirectoryGrant(
            pseudonym: pseudonym,
            segments: try directory.segments.map {
                GrantedSegment(
                    segment: $0,
                    tag: keys.tag(of: $0),
                    readKey: try keys.readKey(of: $0),
                    needsFilter: false
                )
            }
        )
    }
}
