internal import Consent
internal import Sealing
internal import VaultCore

/// Keys on their way to the record side: the message that carries them is wiped by both ends.
extension SecretKey {
    func put(_ out: inout WireWriter) { withBytes { out.raw($0) } }

    static func take(_ wire: inout WireReader) throws -> SecretKey {
        var bytes = Array(try wire.raw(byteCount))
        defer { Wiping.wipe(&bytes) }
        return try SecretKey(copying: bytes)
    }
}

extension GrantedSegment: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(segment)
        out.put(tag)
        readKey.put(&out)
        out.put(needsFilter)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            segment: try wire.take(),
            tag: try wire.take(),
            readKey: try SecretKey.take(&wire),
            needsFilter: try wire.take()
        )
    }
}

extension DirectoryGrant: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(pseudonym)
        out.put(segments)
    }

    init(_ wire: inout WireReader) throws {
        self.init(pseudonym: try wire.take(), segments: try wire.take())
    }
}

extension GrantFilter {
    /// Leaves the shared directory's facts out where the other side has them.
    func put(_ out: inout WireWriter, directoryKnown: UInt64?) {
        out.put(request)
        out.put(facts)
        out.put(directoryIndex)
        out.put(directoryIndex == directoryKnown ? nil : directory)
    }

    convenience init(_ wire: inout WireReader) throws {
        let request: AccessRequest = try wire.take()
        let facts: PatientFacts = try wire.take()
        let index: UInt64 = try wire.take()
        if let sent = try wire.take(PatientFacts?.self) { wire.known.directory = (index, sent) }
        guard let directory = wire.known.directory, directory.index == index,
            let policies = wire.known.policies
        else { throw WireError() }
        self.init(
            request: request,
            facts: facts,
            directory: directory.facts,
            directoryIndex: index,
            policies: policies
        )
    }
}

extension Grant {
    func put(_ out: inout WireWriter, directoryKnown: UInt64?) {
        out.put(id)
        out.put(patient)
        out.put(reference)
        out.put(decision)
        out.put(segments)
        filter.put(&out, directoryKnown: directoryKnown)
        out.put(record?.tag)
        out.put(record?.number)
        out.put(manifest)
        out.put(directory)
        out.put(end)
        out.put(receipt)
        out.put(ticket)
    }

    init(_ wire: inout WireReader) throws {
        let id: GrantID = try wire.take()
        let patient: PatientPseudonym = try wire.take()
        let reference: RecordID = try wire.take()
        let decision: Decision = try wire.take()
        let segments: [GrantedSegment] = try wire.take()
        let filter = try GrantFilter(&wire)
        let (tag, number): (RecordTag?, UInt32?) = (try wire.take(), try wire.take())
        self.init(
            id: id,
            patient: patient,
            reference: reference,
            decision: decision,
            segments: segments,
            filter: filter,
            record: tag.flatMap { tag in number.map { (tag, $0) } },
            manifest: try wire.take(),
            directory: try wire.take(),
            end: try wire.take(),
            receipt: try wire.take(),
            ticket: try wire.take()
        )
    }
}

extension ReleaseOutcome {
    func put(_ out: inout WireWriter, directoryKnown: UInt64?) {
        switch self {
        case .denied(let denial):
            out.integer(UInt8(0))
            out.put(denial)
        case .granted(let grant):
            out.integer(UInt8(1))
            grant.put(&out, directoryKnown: directoryKnown)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .denied(try wire.take())
        case 1: self = .granted(try Grant(&wire))
        default: throw WireError()
        }
    }
}

/// What a grant is shown by when it is used: never its keys again.
struct GrantHandle: WireValue {
    var id: GrantID
    var patient: PatientPseudonym
    var end: Instant
    var ticket: [UInt8]

    init(_ grant: Grant) {
        id = grant.id
        patient = grant.patient
        end = grant.end
        ticket = grant.ticket
    }

    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(patient)
        out.put(end)
        out.put(ticket)
    }

    init(_ wire: inout WireReader) throws {
        id = try wire.take()
        patient = try wire.take()
        end = try wire.take()
        ticket = try wire.take()
    }
}
