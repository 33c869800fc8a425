internal import VaultCore

/// Counts while the log goes by; one small cell per patient, more only for affected ones.
struct ScopeTally {
    let question: ScopeComputation
    let matches: [Suspicion.Match]
    private var examined: [UInt32]
    private var lastIndex: [UInt64]
    private var accessed: [Int: [ProvenAccess]] = [:]
    private var reach: [Int: [ReachGround]] = [:]
    private var entryCount: Int64 = 0
    private var newest: UInt64?
    private var isInOrder = true
    private var keysPassed = false
    private let range: LogRange
    private let isBackup: Bool

    init(_ question: ScopeComputation, _ history: some AccessHistory) {
        self.question = question
        matches = history.contexts.map(question.suspicion.match)
        examined = Array(repeating: 0, count: history.patients.count)
        lastIndex = Array(repeating: .max, count: history.patients.count)
        range = history.range
        isBackup = if case .lostBackup = question.suspicion { true } else { false }
    }

    mutating func add(_ ground: ReachGround, _ patient: Int) {
        reach[patient, default: []].append(ground)
    }

    mutating func take(_ event: AccessEvent) {
        if let newest, event.index < newest { isInOrder = false }
        if newest != event.index { entryCount += 1 }
        newest = event.index
        switch event.kind {
        case .grant(let grant, let patient, let segments, let end):
            count(event, patient)
            guard question.window.overlaps(event.time, end) else { return }
            let match = matches[event.context]
            if match != .no { keysPassed = true }
            if match != .no {
                let ground = ReachGround.grant(
                    grant,
                    segments: segments,
                    from: event.time,
                    rotated: nil
                )
                add(ground, patient)
            }
            if match == .perhaps { add(.unknownPath(index: event.index), patient) }
        case .disclosure(let patient, let items):
            count(event, patient)
            guard question.window.contains(event.time) else { return }
            switch matches[event.context] {
            case .no: return
            case .perhaps: add(.unknownPath(index: event.index), patient)
            case .yes:
                accessed[patient, default: []] += items.map {
                    ProvenAccess(
                        item: $0,
                        time: event.time,
                        index: event.index,
                        context: event.context
                    )
                }
                // A response without items still shows that the patient is known here.
                if items.isEmpty { accessed[patient, default: []] += [] }
            }
        case .stored(let patient, let items):
            count(event, patient)
            guard question.window.contains(event.time), matches[event.context] != .no else {
                return
            }
            for item in items { add(.written(item, index: event.index), patient) }
            if matches[event.context] == .perhaps {
                add(.unknownPath(index: event.index), patient)
            }
        case .other(let patient):
            count(event, patient)
        }
    }

    /// Counts an entry once for each patient that it has a part for, if it lies in the range.
    private mutating func count(_ event: AccessEvent, _ patient: Int) {
        guard event.index >= range.fromSize, event.index < range.toSize,
            lastIndex[patient] != event.index
        else { return }
        lastIndex[patient] = event.index
        examined[patient] += 1
    }

    func result(_ history: some AccessHistory) -> ScopeResult {
        let patients = history.patients
        var doubts = range.doubts(question.window)
        if !isInOrder { doubts.append("entries did not come in the order of the log") }
        var sets = (
            accessed: [AffectedPatient](), could: [AffectedPatient](), clear: [PatientPseudonym](),
            proofs: [NotAccessedProof]()
        )
        let order = patients.indices.sorted { patients[$0] < patients[$1] }
        var incomplete = 0
        for place in order {
            var grounds = (reach[place] ?? []).map { rotated($0, history.rotations(of: place)) }
            if let items = accessed[place] {
                sets.accessed.append(
                    AffectedPatient(
                        patient: patients[place],
                        accessed: Self.sorted(items),
                        reach: Self.sorted(grounds)
                    )
                )
                continue
            }
            if grounds.isEmpty {
                if doubts.isEmpty,
                    let proof = proof(history.heads(of: place), history.passed(place), place)
                {
                    sets.clear.append(patients[place])
                    sets.proofs.append(proof)
                    continue
                }
                if doubts.isEmpty { incomplete += 1 }
                grounds = [.unproven(doubts.first ?? "entries between the heads are missing")]
            }
            sets.could.append(
                AffectedPatient(
                    patient: patients[place],
                    accessed: [],
                    reach: Self.sorted(grounds)
                )
            )
        }
        if incomplete > 0 {
            doubts.append("entries between the heads are missing for \(incomplete) patients")
        }
        return ScopeResult(
            window: question.window,
            suspicion: question.suspicion,
            range: range,
            contexts: history.contexts,
            accessed: sets.accessed,
            couldHave: sets.could,
            entryCount: entryCount + history.passedEntryCount,
            doubts: doubts,
            encryption: question.encryption(
                plaintextPassed: plaintextPassed,
                keysPassed: keysPassed || keysReached
            ),
            clear: sets.clear,
            proofs: sets.proofs
        )
    }

    /// Reach by a credential is a way to keys as well.
    private var keysReached: Bool {
        reach.values.contains { $0.contains { if case .credential = $0 { true } else { false } } }
    }

    /// What may have gone through the suspected one has gone through it as far as the law cares.
    private var plaintextPassed: Bool {
        !accessed.isEmpty
            || reach.values.contains {
                $0.contains { if case .unknownPath = $0 { true } else { false } }
            }
    }

    private func proof(
        _ heads: PatientHeads,
        _ passed: PatientHeads.Head,
        _ place: Int
    ) -> NotAccessedProof? {
        if isBackup { return .sealed }
        let count = UInt64(examined[place]) + passed.count
        if heads.start == heads.end { return count == 0 ? .sameHead : nil }
        let delivered = examined[place] == 0 ? 0 : lastIndex[place]
        guard heads.end.count > heads.start.count, heads.end.last > heads.start.last,
            heads.end.count - heads.start.count == count,
            heads.end.last == max(delivered, passed.count == 0 ? 0 : passed.last)
        else { return nil }
        return .examined
    }

    /// Keys that a grant released open all versions until the next rotation.
    private func rotated(_ ground: ReachGround, _ rotations: [Instant]) -> ReachGround {
        guard case .grant(let grant, let segments, let from, _) = ground else { return ground }
        let next = rotations.first { $0 > from }
        return .grant(grant, segments: segments, from: from, rotated: next)
    }

    private static func sorted(_ items: [ProvenAccess]) -> [ProvenAccess] {
        items.sorted {
            ($0.index, $0.item.record, $0.item.version)
                < ($1.index, $1.item.record, $1.item.version)
        }
    }

    private static func sorted(_ grounds: [ReachGround]) -> [ReachGround] {
        var seen: Set<ReachGround> = []
        return grounds.filter { seen.insert($0).inserted }
            .map { (ground: $0, text: $0.document.text) }
            .sorted { $0.text < $1.text }.map(\.ground)
    }
}
