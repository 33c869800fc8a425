internal import MerkleLog
internal import VaultCore

/// Opens entries of the log with the Guard's audit keys.
struct LogReader {
    let state: GuardState

    /// Which parts of an entry are wanted.
    enum Parts {
        case all
        case only(PatientPseudonym)
        case share(AuditShare)
    }

    /// Opens one entry.
    func open(_ index: UInt64, _ stored: [UInt8], parts wanted: Parts) throws -> LoggedEntry {
        let entry = try EntryCodec.decode(stored)
        let header = try openedSection(0, of: entry, patient: GuardState.nobody)
        var parts: [LoggedEntry.Part] = []
        for number in entry.sections.indices.dropFirst() {
            let pseudonym = patient(of: entry.sections[number].routing, index: index)
            switch wanted {
            case .all: break
            case .only(let one): if pseudonym != one { continue }
            case .share(let share): if !share.holds(pseudonym) { continue }
            }
            // A part whose audit key has reached the end of its retention stays closed.
            guard let json = try? openedSection(number, of: entry, patient: pseudonym) else {
                continue
            }
            parts.append(
                LoggedEntry.Part(
                    pseudonym: pseudonym,
                    reference: try state.patient(pseudonym)?.reference,
                    body: json
                )
            )
        }
        return LoggedEntry(
            index: index,
            kind: entry.frame.kind.name,
            time: entry.frame.time,
            header: header,
            parts: parts
        )
    }

    /// Opens one entry of the log by its index.
    func entry(_ index: UInt64, parts: Parts) throws -> LoggedEntry {
        guard let stored = try state.storage.entry(at: index) else {
            throw GuardError.unknown(what: "log entry")
        }
        return try open(index, stored, parts: parts)
    }

    /// Walks a patient's entries from the newest to the first by their back-pointers.
    ///
    /// - Returns: Newest first; the walk is complete when the last one's count is 1.
    func history(of patient: PatientPseudonym) throws -> [LoggedEntry] {
        guard let known = try state.patient(patient) else { return [] }
        var next = known.lastEntry
        var expected = known.entryCount
        var found: [LoggedEntry] = []
        while let index = next {
            let entry = try self.entry(index, parts: .only(patient))
            guard let part = entry.parts.first?.body,
                part["count"]?.int == Int64(expected)
            else { throw GuardError.damagedState }
            found.append(entry)
            expected -= 1
            next = part["previous"]?.int.map { UInt64($0) }
        }
        guard expected == 0 else { throw GuardError.damagedState }
        return found
    }

    /// The patient whose masked pseudonym a section carries.
    func patient(of routing: RoutingTag, index: UInt64) -> PatientPseudonym {
        let masked = PatientPseudonym(high: routing.high, low: routing.low)
        // Masking twice with the same mask is the identity.
        let patient = state.routing(masked, index: index)
        return PatientPseudonym(high: patient.high, low: patient.low)
    }

    private func openedSection(
        _ number: Int,
        of entry: StoredEntry,
        patient: PatientPseudonym
    ) throws -> JSONValue {
        guard let json = try opening(number, of: entry, patient: patient).json else {
            throw GuardError.damagedState
        }
        return json
    }

    /// Opens one section for a proof: blinding and part.
    func opening(
        _ number: Int,
        of entry: StoredEntry,
        patient: PatientPseudonym
    ) throws -> SectionOpening {
        guard
            let key = try state.existingAuditKey(of: patient, year: entry.frame.time.year)
        else { throw GuardError.damagedState }
        return try SectionSealer.open(section: number, of: entry, key: key)
    }
}
