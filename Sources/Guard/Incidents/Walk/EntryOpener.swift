internal import Consent
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// Opens entries and takes down what a walk needs of them; several work on different slices at once.
struct EntryOpener: Sendable {
    let keys: AuditKeyTable
    let ring: KeyRing
    let directory: PatientPseudonym
    let query: AccessLogQuery
    let filter: FilterText
    /// Today's policies, as headers write them.
    let policyDigest: [UInt8]

    init(state: GuardState, query: AccessLogQuery, policyDigest: String) {
        keys = AuditKeyTable(state)
        ring = state.ring
        directory = state.ring.pseudonym(of: GuardState.directoryReference)
        self.query = query
        filter = FilterText(query.through)
        self.policyDigest = JSONValue.string(policyDigest).bytes
    }

    /// What is used again from entry to entry.
    private struct Scratch {
        let opener = TextOpener()
        var sections: [SectionView] = []
        var header = HeaderText()
        var part = PartText()
        var result = WalkSlice()
        /// Key of the headers of a year: nearly always that of the entry before.
        var headerKey: (year: Int, key: SectionKey?)?
    }

    /// Opens a range of a batch.
    func slice(_ range: Range<Int>, of batch: EntryBatch) -> WalkSlice {
        var scratch = Scratch()
        scratch.result.entries.reserveCapacity(range.count)
        scratch.result.parts.reserveCapacity(range.count)
        for place in range {
            batch.withEntry(place) { open(batch.indices[place], $0, &scratch) }
        }
        return scratch.result
    }

    private func open(
        _ index: UInt64,
        _ stored: UnsafeRawBufferPointer,
        _ scratch: inout Scratch
    ) {
        var entry = WalkEntry(index: index)
        guard let (frame, leaf) = EntryCodec.measured(stored) else {
            scratch.result.entries.append(entry)
            return
        }
        entry.measured = (frame.time, leaf)
        if frame.time < query.until {
            scratch.sections.removeAll(keepingCapacity: true)
            try? EntryCodec.forEachSection(ofStored: stored) { scratch.sections.append($0) }
            openSections(&entry, frame, UnsafeRawBufferPointer(rebasing: stored[..<14]), &scratch)
        }
        scratch.result.entries.append(entry)
    }

    private func openSections(
        _ entry: inout WalkEntry,
        _ frame: EntryFrame,
        _ bytes: UnsafeRawBufferPointer,
        _ scratch: inout Scratch
    ) {
        let year = frame.time.year
        var reading = EntryReading(
            kind: frame.kind,
            time: frame.time,
            isInWindow: frame.time >= query.from,
            from: query.from
        )
        let header = scratch.sections[0]
        if let key = headerKey(year, &scratch),
            let plain = open(header, frame: bytes, key: key, with: scratch.opener),
            scratch.header.read(plain.text)
        {
            let isFull = filter.admits(scratch.header)
            if !isFull || header.isCommitted(to: plain) {
                entry.isOpen = true
                reading.take(scratch.header, isFull: isFull, policyDigest)
            }
        }
        var met: Set<PatientPseudonym> = []
        var openCount = 0
        for section in scratch.sections.dropFirst() {
            let patient = patient(of: section.routing, index: entry.index)
            let isDirectory = patient == directory
            if isDirectory, !reading.isSurvey { continue }
            if scratch.sections.count > 2, !met.insert(patient).inserted { continue }
            var part = WalkPart(patient: patient)
            if let key = keys.key(of: patient, year: year),
                let plain = open(section, frame: bytes, key: key, with: scratch.opener),
                !reading.isFull || section.isCommitted(to: plain), scratch.part.read(plain.text)
            {
                part.isOpen = true
                openCount += 1
                if !isDirectory { reading.take(scratch.part, plain.text, &part) }
            }
            if isDirectory { continue }
            if !part.isOpen { reading.takeClosed() }
            entry.partCount += 1
            scratch.result.parts.append(part)
        }
        if openCount > 0 { reading.isSurvey = false }
        if let detail = reading.detail {
            entry.detail = Int32(scratch.result.details.count)
            scratch.result.details.append(detail)
        }
    }

    private func headerKey(_ year: Int, _ scratch: inout Scratch) -> SectionKey? {
        if let known = scratch.headerKey, known.year == year { return known.key }
        let key = keys.key(of: GuardState.nobody, year: year)
        scratch.headerKey = (year, key)
        return key
    }

    /// Opens a section; what comes out is valid until the next one is opened.
    ///
    /// The commitment is left to the caller: that the text is what the Guard wrote here follows from the tag,
    /// which binds it to entry and place, and from the leaf, which covers the sealed bytes. The commitment
    /// adds that it can be shown to others; so it is checked of what is told in full.
    private func open(
        _ section: SectionView,
        frame: UnsafeRawBufferPointer,
        key: SectionKey,
        with opener: TextOpener
    ) -> UnsafeRawBufferPointer? {
        let plain = withUnsafeTemporaryAllocation(
            byteCount: SectionView.boundByteCount,
            alignment: 8
        ) { bound in
            section.write(bound: bound, frame: frame)
            return key.withUnsafeBytes { key in
                opener.open(
                    section.sealed,
                    nonce: section.nonce,
                    key: key,
                    authenticating: UnsafeRawBufferPointer(bound)
                )
            }
        }
        guard let plain, plain.count >= 32 else { return nil }
        return plain
    }

    /// The patient whose masked pseudonym a section carries.
    private func patient(of routing: RoutingTag, index: UInt64) -> PatientPseudonym {
        let mask = ring.routing.tag(RoutingTag.self, label: "routing", number: index)
        return PatientPseudonym(high: routing.high ^ mask.high, low: routing.low ^ mask.low)
    }
}

extension UnsafeRawBufferPointer {
    /// What stands behind r in an opened section.
    fileprivate var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[32...]) }
}
