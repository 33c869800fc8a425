internal import VaultCore

/// What a breach's scope is computed from.
extension AccessLogQuery: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(from)
        out.put(until)
        out.put(through.json)
    }

    init(_ wire: inout WireReader) throws {
        let (from, until): (Instant, Instant) = (try wire.take(), try wire.take())
        guard let through = AccessFilter(json: try wire.take()) else { throw WireError() }
        self.init(from: from, until: until, through: through)
    }
}

extension AccessLog.Context: WireValue {
    func put(_ out: inout WireWriter) {
        for text in [
            principal, organization, session, device, recordServer, guardHost, automation,
        ] { out.put(text) }
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            principal: try wire.take(),
            organization: try wire.take(),
            session: try wire.take(),
            device: try wire.take(),
            recordServer: try wire.take(),
            guardHost: try wire.take(),
            automation: try wire.take()
        )
    }
}

extension AccessLog.Item: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(record)
        out.put(version)
    }

    init(_ wire: inout WireReader) throws {
        self.init(record: try wire.take(), version: try wire.take())
    }
}

extension AccessLog.Content: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .other: out.integer(UInt8(0))
        case .grant(let id, let segments, let end):
            out.integer(UInt8(1))
            out.put(id)
            out.put(segments)
            out.put(end)
        case .disclosure(let items):
            out.integer(UInt8(2))
            out.put(items)
        case .stored(let items):
            out.integer(UInt8(3))
            out.put(items)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .other
        case 1:
            self = .grant(try wire.take(), segments: try wire.take(), end: try wire.take())
        case 2: self = .disclosure(try wire.take())
        case 3: self = .stored(try wire.take())
        default: throw WireError()
        }
    }
}

extension AccessLog.Event: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(index)
        out.put(time)
        out.put(context)
        out.put(patient)
        out.put(content)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            index: try wire.take(),
            time: try wire.take(),
            context: try wire.take(),
            patient: try wire.take(),
            content: try wire.take()
        )
    }
}

extension AccessLog.Head: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(count)
        out.put(last)
    }

    init(_ wire: inout WireReader) throws {
        self.init(count: try wire.take(), last: try wire.take())
    }
}

extension AccessLog.Patient: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(pseudonym)
        out.put(reference)
        out.put(start)
        out.put(end)
        out.put(passed)
        out.put(rotations)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            pseudonym: try wire.take(),
            reference: try wire.take(),
            start: try wire.take(),
            end: try wire.take(),
            passed: try wire.take(),
            rotations: try wire.take()
        )
    }
}

extension AccessLog.Credential: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(context)
        out.put(start)
        out.put(end)
        out.put(reach.map(\.patient))
        out.put(reach.map(\.segments))
    }

    init(_ wire: inout WireReader) throws {
        let context: Int = try wire.take()
        let (start, end): (Instant, Instant) = (try wire.take(), try wire.take())
        let patients: [Int] = try wire.take()
        let segments: [[SegmentTag]] = try wire.take()
        guard patients.count == segments.count else { throw WireError() }
        self.init(
            context: context,
            start: start,
            end: end,
            reach: zip(patients, segments).map { (patient: $0, segments: $1) }
        )
    }
}

extension AccessLog.Record: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(category)
    }

    init(_ wire: inout WireReader) throws {
        self.init(id: try wire.take(), category: try wire.take())
    }
}

extension AccessLog: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(origin)
        out.put(fromSize)
        out.put(fromRoot)
        out.put(toSize)
        out.put(toRoot)
        out.put(logBegins)
        out.put(begins)
        out.put(ends)
        out.put(isVerified)
        out.put(unreadable)
        out.put(contexts)
        out.put(patients)
        out.put(events)
        out.put(passedEntries)
        out.put(credentials)
        let records = records.sorted { $0.key < $1.key }
        out.put(records.map(\.key))
        out.put(records.map(\.value))
        let names = segmentNames.sorted { $0.key < $1.key }
        out.put(names.map(\.key))
        out.put(names.map(\.value))
        out.put(principals.sorted())
    }

    init(_ wire: inout WireReader) throws {
        self.init()
        origin = try wire.take()
        fromSize = try wire.take()
        fromRoot = try wire.take()
        toSize = try wire.take()
        toRoot = try wire.take()
        logBegins = try wire.take()
        begins = try wire.take()
        ends = try wire.take()
        isVerified = try wire.take()
        unreadable = try wire.take()
        contexts = try wire.take()
        patients = try wire.take()
        events = try wire.take()
        passedEntries = try wire.take()
        credentials = try wire.take()
        let tags: [RecordTag] = try wire.take()
        let found: [Record] = try wire.take()
        let segments: [SegmentTag] = try wire.take()
        let names: [String] = try wire.take()
        guard tags.count == found.count, segments.count == names.count, areInRange else {
            throw WireError()
        }
        records = Dictionary(zip(tags, found)) { $1 }
        segmentNames = Dictionary(zip(segments, names)) { $1 }
        principals = Set(try wire.take([PrincipalID].self))
    }

    /// Whether every place names something that is there.
    private var areInRange: Bool {
        events.allSatisfy {
            contexts.indices.contains($0.context) && patients.indices.contains($0.patient)
        }
            && credentials.allSatisfy { credential in
                contexts.indices.contains(credential.context)
                    && credential.reach.allSatisfy { patients.indices.contains($0.patient) }
            }
    }
}
