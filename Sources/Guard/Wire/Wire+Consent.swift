internal import Consent
internal import FHIRModel
internal import VaultCore

/// Questions to the rules, their answers, and the facts they rest on.
extension DataCategory: WireText {}
extension RequesterKind: WireText {}
extension AccessAction: WireText {}
extension Layer: WireText {}
extension Effect: WireText {}
extension Evidence: WireText {}

extension LabelSet: WireValue {
    func put(_ out: inout WireWriter) { out.put(bits) }

    init(_ wire: inout WireReader) throws {
        self.init(bits: try wire.take())
        guard subtracting(.all).isEmpty else { throw WireError() }
    }
}

extension CodedValue: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(system)
        out.put(code)
    }

    init(_ wire: inout WireReader) throws {
        self.init(system: try wire.take(), code: try wire.take())
    }
}

extension BusinessIdentifier: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(system)
        out.put(value)
    }

    init(_ wire: inout WireReader) throws {
        self.init(system: try wire.take(), value: try wire.take())
    }
}

extension OrganizationDesignation: WireText {
    var wireText: String { text }
    init?(wireText: String) { self.init(wireText) }
}

extension Requester: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(kind)
        out.put(references)
        out.put(identifiers)
        out.put(organization)
        out.put(roles)
        out.put(principal)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            kind: try wire.take(),
            references: try wire.take(),
            identifiers: try wire.take(),
            organization: try wire.take(),
            roles: try wire.take(),
            principal: try wire.take()
        )
    }
}

extension ClaimScope: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .none: out.integer(UInt8(0))
        case .one(let claim):
            out.integer(UInt8(1))
            out.put(claim)
        case .all: out.integer(UInt8(2))
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .none
        case 1: self = .one(try wire.take())
        case 2: self = .all
        default: throw WireError()
        }
    }
}

extension EmergencyOverride: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(reason)
        out.put(note)
    }

    init(_ wire: inout WireReader) throws {
        self.init(reason: try wire.take(), note: try wire.take())
    }
}

extension AccessRequest: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(requester)
        out.put(patient)
        out.put(purposes)
        out.put(action)
        out.put(now)
        out.put(breakGlass)
        out.put(claim)
        out.put(evidence.keys.sorted { $0.rawValue < $1.rawValue })
        out.put(evidence.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value))
        out.put(since)
        out.put(until)
        out.put(types)
        out.put(categories)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            requester: try wire.take(),
            patient: try wire.take(),
            purposes: try wire.take(),
            action: try wire.take(),
            now: try wire.take(),
            breakGlass: try wire.take()
        )
        claim = try wire.take()
        let names: [Evidence] = try wire.take()
        let values: [String] = try wire.take()
        guard names.count == values.count else { throw WireError() }
        evidence = Dictionary(zip(names, values)) { $1 }
        since = try wire.take()
        until = try wire.take()
        types = try wire.take()
        categories = try wire.take()
    }
}

extension ClinicalTime: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(first)
        out.put(last)
    }

    init(_ wire: inout WireReader) throws {
        self.init(first: try wire.take(), last: try wire.take())
    }
}

extension RecordAttributes: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(category)
        out.put(labels)
        out.put(otherPatients)
        out.put(detail != nil)
        guard let detail else { return }
        out.put(detail.resourceType)
        out.put(detail.id)
        out.put(detail.securityCodes)
        out.put(detail.codes)
        out.put(detail.profiles)
        out.put(detail.time)
        out.put(detail.authors)
        out.put(detail.references)
    }

    init(_ wire: inout WireReader) throws {
        self.init(category: try wire.take(), labels: try wire.take())
        otherPatients = try wire.take()
        guard try wire.take(Bool.self) else { return }
        detail = RecordDetail(
            resourceType: try wire.take(),
            id: try wire.take(),
            securityCodes: try wire.take(),
            codes: try wire.take(),
            profiles: try wire.take(),
            time: try wire.take(),
            authors: try wire.take(),
            references: try wire.take()
        )
    }
}

extension DeterminingRule: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(layer)
        out.put(effect)
        out.put(title)
        out.put(basis)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            id: try wire.take(),
            layer: try wire.take(),
            effect: try wire.take(),
            title: try wire.take(),
            basis: try wire.take()
        )
    }
}

extension ObligationKind: WireText {}

extension Obligation: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(code)
        out.put(text)
        out.put(kind)
        out.put(elements)
        out.put(profile)
        out.put(hours)
    }

    init(_ wire: inout WireReader) throws {
        self.init(code: try wire.take(), text: try wire.take())
        kind = try wire.take()
        elements = try wire.take()
        profile = try wire.take()
        hours = try wire.take()
    }
}

extension Decision: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(effect)
        out.put(layer)
        out.put(rules)
        out.put(obligations)
        out.put(problems)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            effect: try wire.take(),
            layer: try wire.take(),
            rules: try wire.take(),
            obligations: try wire.take(),
            problems: try wire.take()
        )
    }
}

extension PatientFacts: WireValue {
    // The canonical JSON, without making the value.
    func put(_ out: inout WireWriter) { out.put(text) }

    init(_ wire: inout WireReader) throws {
        guard let facts = PatientFacts(encoded: try wire.take()) else { throw WireError() }
        self = facts
    }
}

extension PatientFacts.Entry: WireValue {
    func put(_ out: inout WireWriter) { out.put(encoded) }

    init(_ wire: inout WireReader) throws {
        guard let entry = PatientFacts.Entry(encoded: try wire.take()) else { throw WireError() }
        self = entry
    }
}

extension PolicySet: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(files.map(\.name))
        out.put(files.map(\.text))
        out.put(options.defaultJurisdiction)
        out.put(options.acceptsPayersByName)
        out.put(options.unlabelledIsNormal)
    }

    init(_ wire: inout WireReader) throws {
        let names: [String] = try wire.take()
        let texts: [String] = try wire.take()
        guard names.count == texts.count else { throw WireError() }
        var options = Options()
        options.defaultJurisdiction = try wire.take()
        options.acceptsPayersByName = try wire.take()
        options.unlabelledIsNormal = try wire.take()
        try self.init(
            files: zip(names, texts).map { File(name: $0, text: $1) },
            options: options
        )
    }
}
