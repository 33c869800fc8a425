public import Guard
public import Sealing
public import VaultCore

/// What a process that runs a Guard does for its keepers.
public protocol GuardKeeper: Sendable {
    /// The Guard; `nil` while it is sealed.
    var service: (any GuardService)? { get }

    /// Whether it is sealed, and how far it is from not being so.
    ///
    /// - Returns: Nothing that is secret.
    func look() -> KeeperState

    /// Unseals with the passphrase.
    ///
    /// - Parameter passphrase: What opens the vault's key file.
    /// - Throws: A ``Failure``; the Guard stays sealed.
    func unseal(passphrase: SecretBytes) throws

    /// Takes one share; the last that it takes unseals.
    ///
    /// - Parameter share: One of this vault's.
    /// - Throws: A ``Failure``; shares given before are kept unless they do not fit together.
    func offer(_ share: KeyShare) throws

    /// Signs a last checkpoint and forgets every key.
    ///
    /// - Throws: A ``Failure`` where the checkpoint cannot be written; it is sealed nevertheless.
    func seal() throws

    /// How the witnesses of the log stand.
    ///
    /// - Returns: By name; empty where there are none, or nobody asks them.
    func witnesses() -> [WitnessStanding]

    /// Called when the answer to a seal is on its way: the process may now throw its memory away.
    func leave()
}

extension GuardKeeper {
    /// None.
    public func witnesses() -> [WitnessStanding] { [] }
}

/// How a Guard's process stands.
public struct KeeperState: Sendable, Hashable {
    /// Whether it answers no call.
    public var isSealed: Bool
    /// Which vault it keeps.
    public var vault: VaultID
    /// Shares that were given since it was sealed.
    public var sharesGiven: Int
    /// Shares that it takes; 0 before the first.
    public var sharesNeeded: Int

    /// Describes a process.
    ///
    /// - Parameters:
    ///   - isSealed: Whether it answers no call.
    ///   - vault: Which vault it keeps.
    ///   - sharesGiven: Shares that were given since it was sealed.
    ///   - sharesNeeded: Shares that it takes.
    public init(isSealed: Bool, vault: VaultID, sharesGiven: Int = 0, sharesNeeded: Int = 0) {
        self.isSealed = isSealed
        self.vault = vault
        self.sharesGiven = sharesGiven
        self.sharesNeeded = sharesNeeded
    }
}

/// First bytes of the messages to keepers; above those of the Guard's own.
enum ControlMessage: UInt8 {
    case look = 200
    case unseal = 201
    case share = 202
    case seal = 203
    case witnesses = 204
}

/// Answers keepers' messages: 0 and the state, or 1 and a failure.
enum ControlDispatch {
    struct Answer {
        var bytes: [UInt8]
        var isFarewell = false
    }

    /// Answers a message to a keeper; `nil` where it is none.
    static func answer(_ message: [UInt8], keeper: any GuardKeeper, isKeeper: Bool) -> Answer? {
        guard let first = message.first, let kind = ControlMessage(rawValue: first) else {
            return nil
        }
        do {
            // Whether it is sealed is what every caller learns anyway.
            guard isKeeper || kind == .look || kind == .witnesses else {
                throw GuardError.notPermitted(action: "unseal or seal this Guard")
            }
            var body = Array(message.dropFirst())
            defer { Wiping.wipe(&body) }
            switch kind {
            case .look: break
            case .unseal: try keeper.unseal(passphrase: try SecretBytes(taking: &body))
            case .share:
                guard let text = String(validating: body, as: UTF8.self) else {
                    throw SealingError.malformedShare
                }
                try keeper.offer(try KeyShare(parsing: text))
            case .seal: try keeper.seal()
            case .witnesses:
                let json = JSONValue.array(keeper.witnesses().map(\.json))
                return Answer(bytes: [0] + json.bytes)
            }
            return Answer(bytes: [0] + encoded(keeper.look()), isFarewell: kind == .seal)
        } catch { return Answer(bytes: GuardDispatch.failure(error)) }
    }

    private static func encoded(_ state: KeeperState) -> [UInt8] {
        [state.isSealed ? 1 : 0] + state.vault.bytes
            + [UInt8(clamping: state.sharesGiven), UInt8(clamping: state.sharesNeeded)]
    }

    static func witnesses(_ answer: [UInt8]) throws -> [WitnessStanding] {
        try GuardDispatch.throwFailure(in: answer)
        guard let rows = JSONValue(parsing: Array(answer.dropFirst()))?.array else {
            throw LinkError.malformedAnswer
        }
        return try rows.map { row in
            guard let standing = WitnessStanding(row) else { throw LinkError.malformedAnswer }
            return standing
        }
    }

    static func state(_ answer: [UInt8]) throws -> KeeperState {
        try GuardDispatch.throwFailure(in: answer)
        guard answer.count == 20, answer[1] <= 1, let vault = VaultID(bytes: answer[2..<18]) else {
            throw LinkError.malformedAnswer
        }
        return KeeperState(
            isSealed: answer[1] == 1,
            vault: vault,
            sharesGiven: Int(answer[18]),
            sharesNeeded: Int(answer[19])
        )
    }
}

/// A keeper's end of the socket.
public struct KeeperClient: Sendable {
    private let transport: any GuardTransport

    /// Speaks over a transport.
    ///
    /// - Parameter transport: To the Guard's own socket.
    public init(_ transport: any GuardTransport) { self.transport = transport }

    /// How the Guard's process stands.
    ///
    /// - Returns: Its state.
    /// - Throws: ``LinkError``.
    public func look() throws -> KeeperState { try exchange(.look) }

    /// Unseals with the passphrase.
    ///
    /// - Parameter passphrase: What opens the vault's key file.
    /// - Returns: The state afterwards.
    /// - Throws: A ``Failure``.
    public func unseal(passphrase: SecretBytes) throws -> KeeperState {
        try exchange(.unseal, passphrase.withBytes { Array($0) })
    }

    /// Gives one share.
    ///
    /// - Parameter share: Its text.
    /// - Returns: The state afterwards: sealed until enough were given.
    /// - Throws: A ``Failure``.
    public func offer(share: String) throws -> KeeperState {
        try exchange(.share, Array(share.utf8))
    }

    /// Seals the Guard.
    ///
    /// - Returns: The state afterwards.
    /// - Throws: A ``Failure``.
    public func seal() throws -> KeeperState { try exchange(.seal) }

    /// How the witnesses of the log stand.
    ///
    /// - Returns: By name.
    /// - Throws: A ``Failure``.
    public func witnesses() throws -> [WitnessStanding] {
        try ControlDispatch.witnesses(
            try transport.exchange([ControlMessage.witnesses.rawValue])
        )
    }

    private func exchange(_ kind: ControlMessage, _ body: [UInt8] = []) throws -> KeeperState {
        var message = [kind.rawValue] + body
        defer { Wiping.wipe(&message) }
        return try ControlDispatch.state(try transport.exchange(message))
    }
}
