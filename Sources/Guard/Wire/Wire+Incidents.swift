internal import VaultCore

/// Breach cases and what their scope is computed from.
extension IncidentSummary: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(state)
        out.put(isDrill)
        out.put(records)
        out.put(time)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            id: try wire.take(),
            state: try wire.take(),
            isDrill: try wire.take(),
            records: try wire.take(),
            time: try wire.take()
        )
    }
}

extension ReviewFinding: WireText {}

extension AccessSeal: WireValue {
    func put(_ out: inout WireWriter) { out.put(json) }

    init(_ wire: inout WireReader) throws {
        guard let seal = AccessSeal(json: try wire.take()) else { throw WireError() }
        self = seal
    }
}

extension AffectedResidents: WireValue {
    func put(_ out: inout WireWriter) {
        let homes = counts.sorted { $0.key < $1.key }
        out.put(homes.map(\.key))
        out.put(homes.map(\.value))
        out.put(unknown)
        out.put(withoutAddress)
    }

    init(_ wire: inout WireReader) throws {
        self.init()
        let (homes, persons): ([String], [Int64]) = (try wire.take(), try wire.take())
        guard homes.count == persons.count else { throw WireError() }
        counts = Dictionary(zip(homes, persons)) { $1 }
        unknown = try wire.take()
        withoutAddress = try wire.take()
    }
}

extension CertificationRequest: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(domain)
        out.put(digest)
        out.put(sizes)
    }

    init(_ wire: inout WireReader) throws {
        self.init(domain: try wire.take(), digest: try wire.take(), sizes: try wire.take())
    }
}

extension Certification: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(note)
        out.put(checkpoint)
        out.put(prefixes)
        out.put(receipt)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            note: try wire.take(),
            checkpoint: try wire.take(),
            prefixes: try wire.take(),
            receipt: try wire.take()
        )
    }
}

extension Correspondent: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(reference)
        out.put(identity)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            patient: try wire.take(),
            reference: try wire.take(),
            identity: try wire.take()
        )
    }
}
