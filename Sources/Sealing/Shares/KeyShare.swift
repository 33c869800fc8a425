internal import Crypto
public import VaultCore

/// One of `n` shares of a root key, any `k` of which give it back and fewer tell nothing.
///
/// Seven lines, each ended by a line feed, in exactly this form:
/// ```
/// patientvault-share/1
/// vault <32 hexadecimal digits>
/// set <32 hexadecimal digits, the same in all shares made together>
/// share <i> of <n>, any <k>
/// value <32 bytes in base64>
/// key <32 bytes in base64, a commitment to the key>
/// check <first 8 bytes of SHA-256 over the lines above, in hexadecimal>
/// ```
/// The check finds slips of pen and scanner; the commitment finds everything else once `k` are together. It is
/// an HMAC under the key itself and tells nothing of a random key.
///
/// Source: Shamir, How to share a secret, CACM 22 (1979); here byte by byte over GF(2^8).
public struct KeyShare: Sendable {
    /// The vault whose root key this is a share of.
    public let vault: VaultID
    /// Names the shares that were made together, 16 random bytes.
    public let set: [UInt8]
    /// Which share, from 1.
    public let number: Int
    /// How many shares were made: 2 to 255.
    public let count: Int
    /// How many give the key back: 2 to ``count``.
    public let threshold: Int
    let value: SecretKey
    let commitment: [UInt8]

    private static let firstLine = "patientvault-share/1"

    init(
        vault: VaultID,
        set: [UInt8],
        number: Int,
        count: Int,
        threshold: Int,
        value: SecretKey,
        commitment: [UInt8]
    ) {
        self.vault = vault
        self.set = set
        self.number = number
        self.count = count
        self.threshold = threshold
        self.value = value
        self.commitment = commitment
    }

    /// The share as its custodian keeps it: secret.
    public var text: String { body + "check \(Self.check(of: body))\n" }

    private var body: String {
        """
        \(Self.firstLine)
        vault \(vault)
        set \(Hex.encode(set))
        share \(number) of \(count), any \(threshold)
        value \(unsafe value.withBytes { unsafe Base64.encode($0) })
        key \(Base64.encode(commitment))

        """
    }

    /// Reads a share.
    ///
    /// - Parameter text: As ``text`` writes it.
    /// - Throws: ``SealingError/malformedShare`` for anything else, ``SealingError/memoryNotLocked``.
    public init(parsing text: String) throws(SealingError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 8, lines[0] == Self.firstLine, lines[7].isEmpty else {
            throw .malformedShare
        }
        let words = lines[1...6].map { $0.split(separator: " ", omittingEmptySubsequences: false) }
        guard words.map(\.count) == [2, 2, 6, 2, 2, 2],
            words.map(\.[0]) == ["vault", "set", "share", "value", "key", "check"],
            words[2][2] == "of", words[2][3].last == ",", words[2][4] == "any",
            let vault = Hex.decode(words[0][1]).flatMap({ VaultID(bytes: $0) }),
            let set = Hex.decode(words[1][1]), set.count == 16,
            let number = Int(words[2][1]), let count = Int(words[2][3].dropLast()),
            let threshold = Int(words[2][5]), (2...255).contains(count),
            (1...count).contains(number), (2...count).contains(threshold),
            var value = Base64.decode(words[3][1]), value.count == SecretKey.byteCount,
            let commitment = Base64.decode(words[4][1]), commitment.count == 32
        else { throw .malformedShare }
        defer { Wiping.wipe(&value) }
        self.init(
            vault: vault,
            set: set,
            number: number,
            count: count,
            threshold: threshold,
            value: try SecretKey(copying: value),
            commitment: commitment
        )
        // One form only, and the check over it.
        guard Array(self.text.utf8) == Array(text.utf8) else { throw .malformedShare }
    }

    private static func check(of body: String) -> String {
        Hex.encode(Array(SHA256.hash(data: Array(body.utf8)).prefix(8)))
    }

    /// An HMAC under the key, over what it is the key of.
    static func commitment(
        to key: SecretKey,
        vault: VaultID,
        set: [UInt8],
        threshold: Int
    ) throws(SealingError) -> [UInt8] {
        let parts = [vault.bytes, set, [UInt8(truncatingIfNeeded: threshold)]]
        let first = try Tagging.tag16(key: key, label: "share-commitment-1", parts: parts)
        return first + (try Tagging.tag16(key: key, label: "share-commitment-2", parts: parts))
    }
}

extension KeyShare: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Which share, never its value.
    public var description: String { "share \(number) of \(count)" }
    /// Which share, never its value.
    public var debugDescription: String { description }
    /// A mirror without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
