internal import Sealing
internal import VaultCore

/// Nonces of signed statements, kept on the disk so that a statement counts once across restarts too.
///
/// They need not be in the log: they say nothing of what was done. An item is kept as long as its statement's
/// time lies within twice the tolerance; then the statement is too old anyway. Count and sum of all of them are
/// kept beside them: whoever takes one out of the file, to send its statement again, is found out.
extension GuardState {
    func keepNonce(_ nonce: [UInt8], _ time: Instant) throws {
        let value = bigEndian(UInt64(bitPattern: time.microseconds))
        if let old = try item(.nonce, nonce) { try sumNonces { $0.remove(tag(nonce, old)) } }
        try sumNonces { $0.add(tag(nonce, value)) }
        setItem(.nonce, nonce, value)
    }

    func forgetNonce(_ nonce: [UInt8]) throws {
        guard let old = try item(.nonce, nonce) else { return }
        try sumNonces { $0.remove(tag(nonce, old)) }
        setItem(.nonce, nonce, nil)
    }

    /// Nonces that still count, after a restart; the others are staged for deletion.
    func keptNonces() throws -> [[UInt8]: Instant] {
        var kept: [[UInt8]: Instant] = [:]
        var old: [[UInt8]] = []
        let now = clock.now()
        var sum = NonceSum()
        try forEachStoredItem(.nonce) { nonce, bytes in
            guard bytes.count == 8 else { throw GuardError.damagedState }
            sum.add(tag(nonce, bytes))
            let time = Instant(microseconds: Int64(bitPattern: UInt64(bigEndianBytes: bytes)))
            if now.microseconds - time.microseconds <= 2 * Authenticator.tolerance {
                kept[nonce] = time
            } else {
                old.append(nonce)
            }
        }
        guard try sum == nonceSum() else { throw GuardError.damagedState }
        for nonce in old { try forgetNonce(nonce) }
        if !old.isEmpty { try commit() }
        return kept
    }

    private static let nonceSumKey = Array("nonces".utf8)

    private func nonceSum() throws -> NonceSum {
        guard let bytes = try item(.meta, Self.nonceSumKey) else { return NonceSum() }
        guard let sum = NonceSum(bytes) else { throw GuardError.damagedState }
        return sum
    }

    private func sumNonces(_ change: (inout NonceSum) -> Void) throws {
        var sum = try nonceSum()
        change(&sum)
        setItem(.meta, Self.nonceSumKey, sum.bytes)
    }

    /// Under a key of the ring, so that nobody chooses nonces whose tags add up to nothing.
    private func tag(_ nonce: [UInt8], _ value: [UInt8]) -> [UInt8] {
        ring.contents.tag16(label: "kept-nonce", parts: [nonce, value])
    }
}

/// How many nonces are kept, and the exclusive or of their tags.
struct NonceSum: Hashable {
    private var count: UInt64 = 0
    private var sum = [UInt8](repeating: 0, count: 16)

    init() {}

    init?(_ bytes: [UInt8]) {
        guard bytes.count == 24 else { return nil }
        count = UInt64(bigEndianBytes: Array(bytes[..<8]))
        sum = Array(bytes[8...])
    }

    var bytes: [UInt8] { bigEndian(count) + sum }

    mutating func add(_ tag: [UInt8]) {
        count &+= 1
        fold(tag)
    }

    mutating func remove(_ tag: [UInt8]) {
        count &-= 1
        fold(tag)
    }

    private mutating func fold(_ tag: [UInt8]) { for place in 0..<16 { sum[place] ^= tag[place] } }
}
