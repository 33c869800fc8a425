internal import Consent
internal import VaultCore

/// The log as it is read, proved and checked.
extension LogQuery: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(actor)
        out.put(since)
        out.put(until)
        out.put(kind)
        out.put(decision)
        out.put(action)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init()
        patient = try wire.take()
        actor = try wire.take()
        since = try wire.take()
        until = try wire.take()
        kind = try wire.take()
        decision = try wire.take()
        action = try wire.take()
        context = try wire.take()
    }
}

extension LoggedEntry.Part: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(pseudonym)
        out.put(reference)
        out.put(body)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            pseudonym: try wire.take(),
            reference: try wire.take(),
            body: try wire.take()
        )
    }
}

extension LoggedEntry: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(index)
        out.put(kind)
        out.put(time)
        out.put(header)
        out.put(parts)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            index: try wire.take(),
            kind: try wire.take(),
            time: try wire.take(),
            header: try wire.take(),
            parts: try wire.take()
        )
    }
}

extension FactsAt: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(facts)
        out.put(directory)
        out.put(index)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            facts: try wire.take(),
            directory: try wire.take(),
            index: try wire.take()
        )
    }
}

extension ExplainedEntry: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(entry)
        out.put(requester)
        out.put(facts)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            entry: try wire.take(),
            requester: try wire.take(),
            facts: try wire.take()
        )
    }
}

extension AuditProblem: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(kind)
        out.put(detail)
    }

    init(_ wire: inout WireReader) throws {
        self.init(kind: try wire.take(), detail: try wire.take())
    }
}

extension AuditShare: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(number)
        out.put(count)
    }

    init(_ wire: inout WireReader) throws {
        let (number, count): (UInt32, UInt32) = (try wire.take(), try wire.take())
        guard number < count else { throw WireError() }
        self.init(number: number, of: count)
    }
}

extension ExpectedVersion: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(number)
        out.put(version)
        out.put(logIndex)
        out.put(commitment)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            number: try wire.take(),
            version: try wire.take(),
            logIndex: try wire.take(),
            commitment: try wire.take()
        )
    }
}

extension GuardAudit: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(entries)
        out.put(problems)
        out.put(notes)
        let patients = expected.sorted { $0.key < $1.key }
        out.put(patients.map(\.key))
        out.put(patients.map(\.value))
        let cases = incidents.sorted { $0.key < $1.key }
        out.put(cases.map(\.key))
        out.put(cases.map(\.value))
    }

    init(_ wire: inout WireReader) throws {
        self.init()
        entries = try wire.take()
        problems = try wire.take()
        notes = try wire.take()
        let patients: [PatientPseudonym] = try wire.take()
        let versions: [[ExpectedVersion]] = try wire.take()
        let names: [String] = try wire.take()
        let records: [[JSONValue]] = try wire.take()
        guard patients.count == versions.count, names.count == records.count else {
            throw WireError()
        }
        expected = Dictionary(zip(patients, versions)) { $1 }
        incidents = Dictionary(zip(names, records)) { $1 }
    }
}

extension ErasureCertificate: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(receipt)
        out.put(pseudonym)
        out.put(json)
    }

    init(_ wire: inout WireReader) throws {
        self.init(receipt: try wire.take(), pseudonym: try wire.take(), json: try wire.take())
    }
}

/// Times of entries by index.
struct EntryTimes: WireValue {
    var times: [Int64: Instant]

    init(times: [Int64: Instant]) { self.times = times }

    func put(_ out: inout WireWriter) {
        let pairs = times.sorted { $0.key < $1.key }
        out.put(pairs.map(\.key))
        out.put(pairs.map(\.value))
    }

    init(_ wire: inout WireReader) throws {
        let (found, times): ([Int64], [Instant]) = (try wire.take(), try wire.take())
        guard found.count == times.count else { throw WireError() }
        self.init(times: Dictionary(zip(found, times)) { $1 })
    }
}
