public import Consent
internal import Sealing
internal import Synchronization
public import VaultCore

/// Carries one message to a Guard and its answer back.
public protocol GuardTransport: Sendable {
    /// Sends a message and waits for the answer.
    ///
    /// - Parameter message: As ``RemoteGuard`` wrote it.
    /// - Returns: As ``GuardDispatch`` wrote it.
    /// - Throws: A ``Failure`` of kind `unavailable` where there is no Guard at the other end. A message that
    ///   may have arrived is never sent twice.
    func exchange(_ message: [UInt8]) throws -> [UInt8]

    /// Ends the connections.
    func close()
}

/// A Guard in another process or on another host.
///
/// Believes nothing of it but what a Guard is believed: an answer that is no answer is an error.
public final class RemoteGuard: GuardService {
    let transport: any GuardTransport
    private let hello: GuardHello
    private let knowledge: Mutex<WireKnowledge>

    /// The vault's id.
    public var vault: VaultID { hello.vault }
    /// The log's name.
    public var origin: String { hello.origin }
    /// The policies in force.
    public var policies: PolicySet { hello.policies }
    /// Whether the vault's first entry says `demo`.
    public var isDemo: Bool { hello.isDemo }
    /// Digest of the policies in force.
    public var policyDigest: String { hello.policyDigest }
    /// The public key that checkpoints are checked with.
    public var verifierKey: String { hello.verifierKey }

    /// Asks a Guard who it is.
    ///
    /// - Parameter transport: Connected, or able to connect.
    /// - Throws: ``GuardError/sealed``, ``RemoteGuardError`` and other ``Failure``s.
    public init(_ transport: any GuardTransport) throws {
        self.transport = transport
        var out = WireWriter()
        out.integer(GuardOperation.hello.rawValue)
        out.integer(GuardHello.version)
        let hello: GuardHello = try Self.value(of: try transport.exchange(out.finish()))
        self.hello = hello
        knowledge = Mutex(WireKnowledge(policies: hello.policies))
    }

    /// Ends the connections; the Guard goes on.
    public func close() { transport.close() }

    // MARK: Calls

    func call<Value: WireValue>(
        _ operation: GuardOperation,
        _ values: any WireValue...
    ) throws -> Value {
        try Self.value(of: try exchange(operation, values))
    }

    func run(_ operation: GuardOperation, _ values: any WireValue...) throws {
        var wire = try Self.opened(try exchange(operation, values))
        try Self.closed(&wire)
    }

    /// Calls, and reads an answer that carries keys; its bytes are wiped.
    func callForKeys<Value>(
        _ operation: GuardOperation,
        _ values: any WireValue...,
        reading read: (inout WireReader) throws -> Value
    ) throws -> Value {
        var answer = try exchange(operation, values)
        defer { Wiping.wipe(&answer) }
        var wire = try Self.opened(answer)
        wire.known = knowledge.withLock { $0 }
        do {
            let value = try read(&wire)
            try Self.closed(&wire)
            let known = wire.known
            knowledge.withLock { $0 = known }
            return value
        } catch is WireError { throw RemoteGuardError.notAnAnswer }
    }

    var directoryKnown: UInt64? { knowledge.withLock { $0.directory?.index } }

    private func exchange(
        _ operation: GuardOperation,
        _ values: [any WireValue]
    ) throws -> [UInt8] {
        // Whoever comes over a wire is nobody's operator; the Guard at the other end has no form for it.
        guard !values.contains(where: { ($0 as? Caller) == .operator }),
            !values.contains(where: { ($0 as? [Caller])?.contains(.operator) ?? false })
        else { throw GuardError.notAuthenticated }
        var out = WireWriter()
        out.integer(operation.rawValue)
        for value in values { out.put(value) }
        return try transport.exchange(out.finish())
    }

    private static func value<Value: WireValue>(of answer: [UInt8]) throws -> Value {
        var wire = try opened(answer)
        do {
            let value: Value = try wire.take()
            try closed(&wire)
            return value
        } catch is WireError { throw RemoteGuardError.notAnAnswer }
    }

    /// Reads the first byte: a value follows, or a failure, which is thrown.
    static func opened(_ answer: [UInt8]) throws -> WireReader {
        var wire = WireReader(answer)
        do {
            guard try wire.take(Bool.self) else { return wire }
            throw try WireFailure.take(&wire)
        } catch is WireError { throw RemoteGuardError.notAnAnswer }
    }

    private static func closed(_ wire: inout WireReader) throws {
        do { try wire.end() } catch { throw RemoteGuardError.notAnAnswer }
    }
}

/// Why a Guard elsewhere could not be used.
public enum RemoteGuardError: Failure, Equatable {
    /// What came back is no answer of a Guard of this version.
    case notAnAnswer

    /// What kind of trouble this is.
    public var kind: FailureKind { .unavailable }
    /// Stable dotted code.
    public var code: String { "guardLink.notAnAnswer" }
    /// One line for anyone.
    public var message: String { "what answers there is not a Guard of this version" }
    /// What to do next.
    public var hint: String { "check the address, and that both sides are the same version" }
}
