internal import BreachResponse
internal import Guard
internal import Sealing
internal import Synchronization
public import VaultCore

/// A clock that a drill moves; it never runs by itself and never backwards.
public final class DrillClock: TimeSource {
    private let microseconds: Mutex<Int64>

    /// Starts at a moment.
    ///
    /// - Parameter begins: The first reading.
    public init(_ begins: Instant) { microseconds = Mutex(begins.microseconds) }

    /// The present of the drill.
    ///
    /// - Returns: As set last.
    public func now() -> Instant { Instant(microseconds: microseconds.withLock { $0 }) }

    /// Moves on; an earlier time changes nothing.
    ///
    /// - Parameter time: The new present.
    public func move(to time: Instant) {
        microseconds.withLock { $0 = max($0, time.microseconds) }
    }
}

/// Somebody who plays in a drill, with a key that was made for it and is forgotten after it.
struct DrillPerson: IncidentPerson {
    let principal: PrincipalID
    let publicKey: [UInt8]
    private let key: SecretKey
    private let vault: VaultID
    private let clock: DrillClock
    private let random: any RandomSource

    init(_ id: String, vault: VaultID, clock: DrillClock, random: any RandomSource) throws {
        guard let principal = PrincipalID(id) else {
            throw BreachResponseError.unknown(what: "actor", name: id)
        }
        self.principal = principal
        key = try Signing.newPrivateKey(random: random)
        publicKey = try Signing.publicKey(of: key)
        self.vault = vault
        self.clock = clock
        self.random = random
    }

    func statement(_ body: JSONValue) throws -> SignedStatement {
        let time = clock.now()
        let nonce = random.bytes(16)
        let message = SignedStatement.message(
            vault: vault,
            principal: principal,
            time: time,
            nonce: nonce,
            body: body
        )
        return SignedStatement(
            principal: principal,
            time: time,
            nonce: nonce,
            signature: try sign(message)
        )
    }

    func caller(for body: JSONValue) throws -> Caller { .signed(try statement(body)) }

    func sign(_ message: [UInt8]) throws -> [UInt8] { try Signing.sign(message, with: key) }
}
