internal import VaultCore

/// Nonces of signed statements, kept on the disk so that a statement counts once across restarts too.
///
/// They need not be in the log: they say nothing of what was done. An item is kept as long as its statement's
/// time lies within twice the tolerance; then the statement is too old anyway.
extension GuardState {
    func keepNonce(_ nonce: [UInt8], _ time: Instant) {
        setItem(.nonce, nonce, bigEndian(UInt64(bitPattern: time.microseconds)))
    }

    func forgetNonce(_ nonce: [UInt8]) { setItem(.nonce, nonce, nil) }

    /// Nonces that still count, after a restart; the others are staged for deletion.
    func keptNonces() throws -> [[UInt8]: Instant] {
        var kept: [[UInt8]: Instant] = [:]
        var old: [[UInt8]] = []
        let now = clock.now()
        try forEachStoredItem(.nonce) { nonce, bytes in
            guard bytes.count == 8 else { throw GuardError.damagedState }
            let time = Instant(microseconds: Int64(bitPattern: UInt64(bigEndianBytes: bytes)))
            if now.microseconds - time.microseconds <= 2 * Authenticator.tolerance {
                kept[nonce] = time
            } else {
                old.append(nonce)
            }
        }
        for nonce in old { forgetNonce(nonce) }
        if !old.isEmpty { try commit() }
        return kept
    }
}
