internal import Sealing
internal import VaultCore

/// Seals one item of the Guard's state, bound to its table and key, so that items cannot be swapped.
///
/// Shape: nonce(12) || AES-256-GCM ciphertext || tag(16). An older value put back in place opens; that
/// `verify` finds by replaying the log.
enum SealedItem {
    static func seal(
        _ value: [UInt8],
        kind: ItemKind,
        key: [UInt8],
        with state: SecretKey,
        random: any RandomSource
    ) throws -> [UInt8] {
        let nonce = random.bytes(12)
        return nonce
            + (try AEAD.seal(
                value,
                key: state,
                nonce: nonce,
                authenticating: bound(kind: kind, key: key)
            ))
    }

    static func open(
        _ sealed: [UInt8],
        kind: ItemKind,
        key: [UInt8],
        with state: SecretKey
    ) throws -> [UInt8] {
        guard sealed.count >= 28 else { throw GuardError.damagedState }
        do {
            return try AEAD.open(
                Array(sealed[12...]),
                key: state,
                nonce: Array(sealed[..<12]),
                authenticating: bound(kind: kind, key: key)
            )
        } catch { throw GuardError.damagedState }
    }

    private static func bound(kind: ItemKind, key: [UInt8]) -> [UInt8] {
        Array("patientvault/v1/item".utf8) + [kind.rawValue] + key
    }
}
