internal import Consent
internal import FHIRModel
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// One write in progress: fresh epoch, and the patients' books as they will be once it is stored.
struct WriteSession {
    let id: WriteSessionID
    let epoch: Epoch
    let actor: Actor
    let context: CallContext
    let origin: String
    let statesFacts: Bool
    /// When it was last continued.
    var lastUsed: Instant
    /// Set where only this patient's Consents may be written.
    var onlyConsentsOf: RecordID?
    /// What the writer's token allows; `nil` for writers without one.
    var token: TokenFacts?
    /// What each patient's book will be; nothing of it is staged before the intents are stored.
    var books: [PatientPseudonym: PatientBook] = [:]
    /// Planned and not yet announced by an intent.
    var planned: [PatientPseudonym: IntentPart] = [:]
    /// Segments that the records of the latest plan move out of, by record number.
    var moving: [PatientPseudonym: [UInt32: MoveOrigin]] = [:]
    /// Set where this session replaces a patient's key and does nothing else.
    var rotation: PatientRotation?
    /// Keys of patients that no entry has announced yet; the first intent about each does.
    var unannounced: [PatientPseudonym: NewPatient] = [:]
    var intents: [UInt64] = []
    private(set) var statements = SessionStatements()

    /// Keeps what an announced intent states, without its rows.
    ///
    /// - Parameters:
    ///   - part: The patient's part.
    ///   - facts: Its ``IntentPart/compactedFacts()``.
    ///   - patient: Whose.
    ///   - index: The intent's log index.
    mutating func announce(
        _ part: IntentPart,
        facts: [UInt8],
        of patient: PatientPseudonym,
        at index: UInt64
    ) {
        if let identity = part.identity { books[patient]?.identity = identity }
        if part.statesSomething { statements.add(part, facts: facts, of: patient, at: index) }
    }

    /// Keeps what a patient's book will be; its facts follow from the state and the statements.
    mutating func keep(_ book: PatientBook, of patient: PatientPseudonym) {
        var kept = book
        kept.facts = .none
        books[patient] = kept
    }

    /// A patient's book once everything announced is stored; `nil` where this session has none.
    ///
    /// Statements apply to the facts as they are now, so that a restriction stated meanwhile is not lost.
    func book(of patient: PatientPseudonym, _ state: GuardState) throws -> PatientBook? {
        guard var book = books[patient] else { return nil }
        book.facts = try state.facts(of: patient)
        try statements.apply(to: &book, of: patient)
        return book
    }

    /// Stages the books of all patients and lets go of each: a large file has very many.
    mutating func stageBooks(in state: GuardState) throws {
        for patient in Array(books.keys) {
            guard let book = try book(of: patient, state) else { continue }
            books[patient] = nil
            let isFirst = try state.facts(of: patient).isNothing
            try state.setBook(
                book,
                of: patient,
                encodedFacts: isFirst ? statements.soleText(of: patient) : nil,
                isKeptDecoded: !statements.areMany
            )
        }
    }

    /// Whether a write is of the kind this session was begun for.
    func admits(_ writes: [PatientWrite]) -> Bool {
        guard rotation == nil else { return false }
        if let token, !token.admits(writes) { return false }
        guard let patient = onlyConsentsOf else { return true }
        return writes.allSatisfy { write in
            write.patient == patient && write.items.allSatisfy { $0.record.type == "Consent" }
        }
    }
}

extension TokenFacts {
    /// Whether a token's scopes allow to write all of this.
    ///
    /// Whether a record is new the Guard sees only while it plans: to create or to update is the server's
    /// to tell apart.
    fileprivate func admits(_ writes: [PatientWrite]) -> Bool {
        writes.allSatisfy { write in
            if let patient, write.patient?.id != patient { return false }
            return write.items.allSatisfy { item in
                let needed: ClientScope.Actions = item.isDeletion ? .delete : [.create, .update]
                return scopes.contains { scope in
                    !scope.actions.isDisjoint(with: needed)
                        && (scope.type == nil || scope.type == item.record.type)
                }
            }
        }
    }
}

/// Where a record lies that a write moves.
struct MoveOrigin: Sendable {
    var segment: Segment
    var version: UInt32
}

/// Plans one patient's share of a write on a copy of the patient's book.
struct WritePlanner {
    let state: GuardState
    let session: WriteSession
    let pseudonym: PatientPseudonym
    let keys: PatientKeys
    private(set) var book: PatientBook
    private(set) var part = IntentPart()
    private(set) var origins: [UInt32: MoveOrigin] = [:]
    private var places: [Segment: Int] = [:]
    private var targets: [Segment: (tag: SegmentTag, key: SecretKey)] = [:]
    /// Short tags of records that links name: a whole record names the same few again and again.
    private var linkTags: [RecordID: UInt64] = [:]

    init(
        state: GuardState,
        session: WriteSession,
        pseudonym: PatientPseudonym,
        keys: PatientKeys,
        book: PatientBook
    ) {
        self.state = state
        self.session = session
        self.pseudonym = pseudonym
        self.keys = keys
        self.book = book
    }

    /// Plans everything; afterwards ``part`` is the intent's part without the sealed hashes.
    mutating func plan(_ write: PatientWrite) throws -> PatientPlan {
        var changed: [(row: Int, number: Int, record: RecordTag)] = []
        var stores = [StorePlan?](repeating: nil, count: write.items.count)
        let before = book.catalogue.items.count
        let tags = write.items.map { state.ring.tag(of: $0.record, patient: pseudonym) }
        // Most links lead to records of the same write.
        linkTags.reserveCapacity(tags.count)
        for (item, tag) in zip(write.items, tags) { linkTags[item.record] = tag.high }
        for (row, item) in write.items.enumerated() {
            let tag = tags[row]
            if let number = enter(item, tag: tag) { changed.append((row, number, tag)) }
        }
        if session.statesFacts {
            part.facts = newFacts(
                in: write,
                changed: Dictionary(
                    changed.map { (write.items[$0.row].record, $0.number) },
                    uniquingKeysWith: { $1 }
                )
            )
            // What is deleted states nothing any more.
            part.withdrawn = write.items.filter(\.isDeletion).map(\.record).filter {
                book.facts.facts.entry(of: $0) != nil
            }
        }
        // What an earlier intent of this session states stands before what is stored.
        // Who stands in for a patient is a fact: only a writer who may state facts says so.
        let related = session.statesFacts ? write.related : []
        if write.patient != nil, write.identity != nil || !related.isEmpty {
            let known = try book.identity ?? state.searchFields(of: pseudonym)
            let identity = (write.identity ?? known ?? PatientIdentity())
                .joined(with: known, related: related)
            if identity != known { part.identity = identity }
        }
        let isChanged = Set(changed.map(\.number))
        let labels = book.finalLabels()
        for change in changed {
            let segment = segment(of: change.number, labels: labels)
            let target = try target(segment)
            announce(
                write.items[change.row].record,
                number: change.number,
                segment: segment,
                bases: write.items[change.row].bases
            )
            stores[change.row] = StorePlan(
                number: UInt32(change.number),
                version: book.catalogue.items[change.number].version,
                tag: change.record,
                segment: target.tag,
                writeKey: target.key
            )
        }
        var moves: [MovePlan] = []
        for number in 0..<before where !isChanged.contains(number) {
            let item = book.catalogue.items[number]
            let old = book.segments[Int(item.segment)]
            let new = segment(of: number, labels: labels)
            guard old != new, !item.isDeleted else { continue }
            let target = try target(new)
            announce(nil, number: number, segment: new)
            origins[UInt32(number)] = MoveOrigin(segment: old, version: item.version)
            moves.append(
                MovePlan(
                    number: UInt32(number),
                    version: item.version,
                    from: keys.tag(of: old),
                    to: target.tag,
                    writeKey: target.key
                )
            )
        }
        return PatientPlan(
            pseudonym: pseudonym,
            epoch: session.epoch,
            stores: stores,
            moves: moves
        )
    }

    /// Enters an item into the book's copy; answers its number, or `nil` where nothing changes.
    private mutating func enter(_ item: WriteItem, tag: RecordTag) -> Int? {
        let short = tag.high
        let content = state.ring.contentTag(digest: item.digest, patient: pseudonym)
        let node = LabelNodes.Node(
            category: item.category,
            namesOthers: item.namesOthers,
            own: item.labels,
            coded: item.coded,
            links: item.links.map { .init(to: linkTag($0.target), $0.kind) }
        )
        return book.enter(
            tag: short,
            content: content,
            node: node,
            isDeletion: item.isDeletion
        )
    }

    private mutating func linkTag(_ target: RecordID) -> UInt64 {
        if let known = linkTags[target] { return known }
        let tag = state.ring.tag(of: target, patient: pseudonym)
        let short = tag.high
        linkTags[target] = short
        return short
    }

    /// Facts of changed records that are not known yet in this form, under their record's version, in the
    /// order in which facts are kept.
    private func newFacts(
        in write: PatientWrite,
        changed: [RecordID: Int]
    ) -> [PatientFacts.Entry] {
        write.facts.compactMap { entry in
            guard let number = changed[entry.origin],
                book.facts.facts.entry(of: entry.origin)?.facts != entry.facts
            else { return nil }
            return PatientFacts.Entry(
                origin: entry.origin,
                version: Int64(book.catalogue.items[number].version),
                facts: entry.facts
            )
        }.sorted { $0.origin < $1.origin }
    }

    private func segment(of number: Int, labels: [LabelSet]) -> Segment {
        let node = book.graph.nodes[number]
        return Segment(
            category: node.category,
            labels: labels[number],
            namesOthers: node.namesOthers
        )
    }

    /// Adds a row to the intent's part; a record that only moves is named by its number alone.
    private mutating func announce(
        _ id: RecordID?,
        number: Int,
        segment: Segment,
        bases: [String] = []
    ) {
        let place = places[segment] ?? part.rows.segments.count
        if places[segment] == nil {
            places[segment] = place
            part.rows.segments.append(segment)
        }
        book.catalogue.items[number].segment = book.index(of: segment)
        let item = book.catalogue.items[number]
        part.rows.records.append(
            IntentRows.Record(
                number: UInt32(number),
                version: item.version,
                id: id,
                segment: place,
                content: item.content,
                sealed: TreeHasher.emptyRoot,
                isDeletion: item.isDeleted,
                node: book.graph.nodes[number],
                bases: bases
            )
        )
    }

    /// Name and write key of a segment, derived once.
    private mutating func target(_ segment: Segment) throws -> (tag: SegmentTag, key: SecretKey) {
        if let known = targets[segment] { return known }
        let target = (
            tag: keys.tag(of: segment),
            key: try keys.writeKey(of: segment, epoch: session.epoch)
        )
        targets[segment] = target
        return target
    }
}
