internal import Consent
internal import FHIRModel
internal import Sealing
internal import VaultCore

/// A write and its plan.
extension LabelGraph<RecordID>.Link: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(target)
        out.put(kind.rawValue)
    }

    init(_ wire: inout WireReader) throws {
        let target: RecordID = try wire.take()
        guard let kind = LabelLink(rawValue: try wire.take()) else { throw WireError() }
        self.init(to: target, kind)
    }
}

extension WriteItem: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(record)
        out.put(digest)
        out.put(category)
        out.put(labels)
        out.put(namesOthers)
        out.put(coded)
        out.put(links)
        out.put(bases)
        out.put(isDeletion)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            record: try wire.take(),
            digest: try wire.take(),
            category: try wire.take(),
            labels: try wire.take(),
            namesOthers: try wire.take(),
            coded: try wire.take(),
            links: try wire.take(),
            bases: try wire.take(),
            isDeletion: try wire.take()
        )
        guard digest.count == 32 else { throw WireError() }
    }
}

extension PatientWrite: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(items)
        out.put(facts)
        out.put(identity)
        out.put(related)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            patient: try wire.take(),
            items: try wire.take(),
            facts: try wire.take(),
            identity: try wire.take()
        )
        related = try wire.take()
    }
}

extension PatientIdentity.Representative: WireValue {
    func put(_ out: inout WireWriter) { out.put(json) }

    init(_ wire: inout WireReader) throws {
        guard let person = Self(json: try wire.take()) else { throw WireError() }
        self = person
    }
}

extension StorePlan: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(number)
        out.put(version)
        out.put(tag)
        out.put(segment)
        writeKey.put(&out)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            number: try wire.take(),
            version: try wire.take(),
            tag: try wire.take(),
            segment: try wire.take(),
            writeKey: try SecretKey.take(&wire)
        )
    }
}

extension MovePlan: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(number)
        out.put(version)
        out.put(from)
        out.put(to)
        writeKey.put(&out)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            number: try wire.take(),
            version: try wire.take(),
            from: try wire.take(),
            to: try wire.take(),
            writeKey: try SecretKey.take(&wire)
        )
    }
}

extension PatientPlan: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(pseudonym)
        out.put(epoch)
        out.put(stores)
        out.put(moves)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            pseudonym: try wire.take(),
            epoch: try wire.take(),
            stores: try wire.take(),
            moves: try wire.take()
        )
    }
}

extension SealedHashes: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(pseudonym)
        out.put(hashes)
    }

    init(_ wire: inout WireReader) throws {
        self.init(pseudonym: try wire.take(), hashes: try wire.take())
    }
}

extension OpenIntent: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(index)
        out.put(session)
        out.put(probe?.record)
        out.put(probe?.version)
    }

    init(_ wire: inout WireReader) throws {
        let index: UInt64 = try wire.take()
        let session: WriteSessionID = try wire.take()
        let (record, version): (RecordTag?, UInt32?) = (try wire.take(), try wire.take())
        self.init(
            index: index,
            session: session,
            probe: record.flatMap { record in version.map { (record, $0) } }
        )
    }
}

extension RecordCandidate: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(tag)
    }

    init(_ wire: inout WireReader) throws {
        self.init(patient: try wire.take(), tag: try wire.take())
    }
}

extension RecordHolder: WireText {
    var wireText: String {
        switch self {
        case .patient(let patient): patient.description
        case .directory: GuardState.directoryReference
        }
    }

    init?(wireText: String) {
        if wireText == GuardState.directoryReference {
            self = .directory
        } else {
            guard let patient = RecordID(wireText) else { return nil }
            self = .patient(patient)
        }
    }
}

extension ResealingKey: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(number)
        out.put(epoch)
    }

    init(_ wire: inout WireReader) throws {
        self.init(number: try wire.take(), epoch: try wire.take())
    }
}
