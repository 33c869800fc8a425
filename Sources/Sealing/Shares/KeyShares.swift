public import VaultCore

/// Splits a root key into shares and brings it back.
public enum KeyShares {
    /// Splits a key, and brings it back from shares once before anybody gets one.
    ///
    /// - Parameters:
    ///   - key: The root key.
    ///   - vault: Whose.
    ///   - count: How many shares, 2 to 255.
    ///   - threshold: How many give the key back, 2 to `count`.
    ///   - random: Gives the coefficients; any fewer than `threshold` shares tell nothing if it is good.
    /// - Returns: In order of their numbers.
    /// - Throws: ``SealingError/invalidShareCount``, ``SealingError/memoryNotLocked``.
    public static func split(
        _ key: SecretKey,
        vault: VaultID,
        count: Int,
        threshold: Int,
        random: some RandomSource
    ) throws(SealingError) -> [KeyShare] {
        guard (2...255).contains(count), (2...count).contains(threshold) else {
            throw .invalidShareCount
        }
        let set = random.bytes(16)
        let commitment = try KeyShare.commitment(
            to: key,
            vault: vault,
            set: set,
            threshold: threshold
        )
        // The polynomial of each byte: the key's byte, then random coefficients.
        var coefficients: [SecretKey] = [key]
        for _ in 1..<threshold { coefficients.append(try SecretKey.random(from: random)) }
        var shares: [KeyShare] = []
        for number in 1...count {
            let point = UInt8(truncatingIfNeeded: number)
            let value = try evaluate(coefficients.reversed().map { ($0, point) })
            shares.append(
                KeyShare(
                    vault: vault,
                    set: set,
                    number: number,
                    count: count,
                    threshold: threshold,
                    value: value,
                    commitment: commitment
                )
            )
        }
        for first in Set([0, count - threshold]) {
            let some = Array(shares[first..<first + threshold])
            guard try combine(some, vault: vault) == key else { throw .sharesDisagree }
        }
        return shares
    }

    /// Horner's rule over coefficients, highest first, all 32 bytes at once.
    private static func evaluate(
        _ steps: [(SecretKey, UInt8)]
    ) throws(SealingError) -> SecretKey {
        try unsafe SecretKey(filling: { target in
            for place in 0..<SecretKey.byteCount {
                var sum: UInt8 = 0
                for (coefficient, point) in steps {
                    let byte = unsafe coefficient.withBytes { unsafe $0[place] }
                    sum = GF256.multiply(sum, point) ^ byte
                }
                unsafe target[place] = sum
            }
        })
    }

    /// Brings a key back.
    ///
    /// - Parameters:
    ///   - shares: At least as many as their threshold, of one set; more are looked at too.
    ///   - vault: The vault that is to be opened.
    /// - Returns: The key that the shares were made of.
    /// - Throws: ``SealingError/otherVault``, ``SealingError/tooFewShares(have:need:)``,
    ///   ``SealingError/sharesDisagree`` where they are of two sets or one was altered.
    public static func combine(
        _ shares: [KeyShare],
        vault: VaultID
    ) throws(SealingError) -> SecretKey {
        guard let first = shares.first else { throw .tooFewShares(have: 0, need: 2) }
        guard shares.allSatisfy({ $0.vault == vault }) else { throw .otherVault }
        guard
            shares.allSatisfy({
                $0.set == first.set && $0.threshold == first.threshold
                    && $0.count == first.count && $0.commitment == first.commitment
            }), Set(shares.map(\.number)).count == shares.count
        else { throw .sharesDisagree }
        guard shares.count >= first.threshold else {
            throw .tooFewShares(have: shares.count, need: first.threshold)
        }
        let used = Array(shares.prefix(first.threshold))
        let key = try interpolate(used)
        let expected = try KeyShare.commitment(
            to: key,
            vault: vault,
            set: first.set,
            threshold: first.threshold
        )
        guard expected == first.commitment else { throw .sharesDisagree }
        return key
    }

    /// Lagrange's interpolation at zero.
    private static func interpolate(_ shares: [KeyShare]) throws(SealingError) -> SecretKey {
        let points = shares.map { UInt8(truncatingIfNeeded: $0.number) }
        let weights = points.map { own in
            points.reduce(UInt8(1)) { weight, other in
                guard other != own else { return weight }
                // other / (other - own), and minus is exclusive or.
                return GF256.multiply(
                    weight,
                    GF256.multiply(other, GF256.inverse(other ^ own))
                )
            }
        }
        return try unsafe SecretKey(filling: { target in
            for place in 0..<SecretKey.byteCount {
                var sum: UInt8 = 0
                for (share, weight) in zip(shares, weights) {
                    let byte = unsafe share.value.withBytes { unsafe $0[place] }
                    sum ^= GF256.multiply(byte, weight)
                }
                unsafe target[place] = sum
            }
        })
    }
}
