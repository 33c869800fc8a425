internal import Consent
internal import VaultCore

/// Clients and their tokens.
extension Client: WireValue {
    func put(_ out: inout WireWriter) { out.put(json) }

    init(_ wire: inout WireReader) throws {
        // Bytes that are no client are no message, not a fault of the Guard's own state.
        do { try self.init(json: try wire.take()) } catch { throw WireError() }
    }
}

extension TokenRequest: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(assertion)
        out.put(audience)
        out.put(scope)
        out.put(possession)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            assertion: try wire.take(),
            audience: try wire.take(),
            scope: try wire.take()
        )
        possession = try wire.take()
        context = try wire.take()
    }
}

extension IdentityExchange: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(client)
        out.put(token)
        out.put(scope)
        out.put(possession)
        out.put(context)
    }

    init(_ wire: inout WireReader) throws {
        self.init(client: try wire.take(), token: try wire.take(), scope: try wire.take())
        possession = try wire.take()
        context = try wire.take()
    }
}

extension TokenRefusal: WireText {}

extension PossessionProof: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(text)
        out.put(method)
        out.put(url)
    }

    init(_ wire: inout WireReader) throws {
        self.init(try wire.take(), method: try wire.take(), url: try wire.take())
    }
}

extension ClientScope: WireText {
    var wireText: String { description }
    init?(wireText: String) { self.init(wireText) }
}

extension TokenFacts: WireValue {
    func put(_ out: inout WireWriter) {
        out.put(id)
        out.put(principal)
        out.put(kind)
        out.put(client)
        out.put(scopes)
        out.put(purposes)
        out.put(patient)
        out.put(issued)
        out.put(end)
        out.put(user)
        out.put(grant)
        out.put(thumbprint)
    }

    init(_ wire: inout WireReader) throws {
        self.init(
            id: try wire.take(),
            principal: try wire.take(),
            kind: try wire.take(),
            client: try wire.take(),
            scopes: try wire.take(),
            purposes: try wire.take(),
            patient: try wire.take(),
            issued: try wire.take(),
            end: try wire.take(),
            user: try wire.take(),
            grant: try wire.take(),
            thumbprint: try wire.take()
        )
    }
}

extension TokenOutcome: WireValue {
    func put(_ out: inout WireWriter) {
        switch self {
        case .refused(let refusal):
            out.integer(UInt8(0))
            out.put(refusal)
        case .issued(let token, let facts):
            out.integer(UInt8(1))
            out.put(token)
            out.put(facts)
        }
    }

    init(_ wire: inout WireReader) throws {
        switch try wire.integer(UInt8.self) {
        case 0: self = .refused(try wire.take())
        case 1: self = .issued(try wire.take(), try wire.take())
        default: throw WireError()
        }
    }
}
