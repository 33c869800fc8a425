internal import Consent
internal import FHIRModel
internal import VaultCore

/// Who calls, what is asked for, and what comes back of a disclosure or look-up.
extension SignedStatement: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(principal)
        out.put(time)
        out.put(nonce)
        out.put(signature)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            principal: try wire.take(),
            time: try wire.take(),
            nonce: try wire.take(),
            signature: try wire.take()
        )
    }
}

/// There is no form for the operator: whoever comes over a wire proves who they are.
extension Caller: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        // Nothing stands here, so that the other side refuses the message; `RemoteGuard` never gets this far.
        case .operator: out.integer(UInt8(0))
        case .signed(let statement):
            out.integer(UInt8(1))
            out.put(statement)
        case .session(let id):
            out.integer(UInt8(2))
            out.put(id)
        case .token(let text):
            out.integer(UInt8(3))
            out.put(text)
        case .subscription(let id, let key):
            out.integer(UInt8(4))
            out.put(id)
            out.put(key)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 1: self = .signed(try wire.take())
        case 2: self = .session(try wire.take())
        case 3: self = .token(try wire.take())
        case 4: self = .subscription(try wire.take(), key: try wire.take())
        default: throw WireError()
        }
    }
}

extension CallContext.Automation: WireText {}

extension CallContext: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(sourceAddress)
        out.put(device)
        out.put(client)
        out.put(recordServer)
        out.put(automation)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            sourceAddress: try wire.take(),
            device: try wire.take(),
            client: try wire.take(),
            recordServer: try wire.take(),
            automation: try wire.take()
        )
    }
}

extension PatientDesignation: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .id(let id):
            out.integer(UInt8(0))
            out.put(id)
        case .identifier(let system, let value):
            out.integer(UInt8(1))
            out.put(system)
            out.put(value)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .id(try wire.take())
        case 1: self = .identifier(system: try wire.take(), value: try wire.take())
        default: throw WireError()
        }
    }
}

extension BreakGlass: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(reason)
        out.put(note)
    }

    init(_ wire: inout WireReader) throws {
        self.init(reason: try wire.take(), note: try wire.take())
    }
}

extension ReleaseRequest: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(purposes)
        out.put(action)
        out.put(types)
        out.put(categories)
        out.put(record)
        out.put(since)
        out.put(until)
        out.put(claim)
        out.put(breakGlass)
        out.put(isLease)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init(patient: try wire.take(), purposes: try wire.take())
        action = try wire.take()
        types = try wire.take()
        categories = try wire.take()
        record = try wire.take()
        since = try wire.take()
        until = try wire.take()
        claim = try wire.take()
        breakGlass = try wire.take()
        isLease = try wire.take()
        context = try wire.take()
    }
}

extension ReferenceStanding: WireValue {
    private static let order: [ReferenceStanding] = [.permitted, .depends, .withheld, .unknown]

    func put(_ out: inout WireWriter) {
        out.integer(UInt8(Self.order.firstIndex(of: self) ?? 2))
    }

    init(_ wire: inout WireReader) throws {
        let place = Int(try wire.integer(UInt8.self))
        guard Self.order.indices.contains(place) else { throw WireError() }
        self = Self.order[place]
    }
}

extension Receipt: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(index)
        out.put(leafHash)
    }

    init(_ wire: inout WireReader) throws {
        self.init(index: try wire.take(), leafHash: try wire.take())
    }
}

extension Denial: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(receipt)
        out.put(reason)
    }

    init(_ wire: inout WireReader) throws {
        self.init(receipt: try wire.take(), reason: try wire.take())
    }
}

extension FindQuery: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(name)
        out.put(birthDate)
        out.put(identifier?.system)
        out.put(identifier?.value)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init(name: try wire.take(), birthDate: try wire.take())
        let (system, value): (String?, String?) = (try wire.take(), try wire.take())
        guard (system == nil) == (value == nil) else { throw WireError() }
        if let system, let value { identifier = (system, value) }
        context = try wire.take()
    }
}

extension FindOutcome: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patients)
        out.put(receipt)
    }

    init(_ wire: inout WireReader) throws {
        self.init(patients: try wire.take(), receipt: try wire.take())
    }
}

extension StatedFact: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(patient)
        out.put(entry)
    }

    init(_ wire: inout WireReader) throws {
        self.init(patient: try wire.take(), entry: try wire.take())
    }
}

extension Principal: WireValue {
    func put(_ out: inout WireWriter) { out.put(json) }
    init(_ wire: inout WireReader) throws { try self.init(json: try wire.take()) }
}

extension PatientIdentity: WireValue {
    func put(_ out: inout WireWriter) { out.put(json) }

    init(_ wire: inout WireReader) throws {
        guard let identity = PatientIdentity(json: try wire.take()) else { throw WireError() }
        self = identity
    }
}

extension GuardStatus: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(logSize)
        out.put(patients)
        out.put(principals)
        out.put(checkpoint)
        out.put(openIntents)
        out.put(policyDigest)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            logSize: try wire.take(),
            patients: try wire.take(),
            principals: try wire.take(),
            checkpoint: try wire.take(),
            openIntents: try wire.take(),
            policyDigest: try wire.take()
        )
    }
}
