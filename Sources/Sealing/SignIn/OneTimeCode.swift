internal import Crypto
public import VaultCore

/// Codes of an authenticator app: HMAC-SHA-1, 30 seconds, six digits, which every such app speaks.
///
/// Source: RFC 6238, RFC 4226 section 5.3.
public enum OneTimeCode {
    /// Bytes of a shared secret.
    public static let secretByteCount = 20
    /// Seconds for which a code holds.
    public static let period: Int64 = 30
    /// Steps before and after the present one whose codes are taken too: clocks differ, people type slowly.
    public static let window: Int64 = 1

    /// The step that an instant lies in.
    ///
    /// - Parameter instant: Any instant since 1970.
    /// - Returns: Whole periods since 1970.
    public static func step(at instant: Instant) -> Int64 {
        instant.microseconds / (period * 1_000_000)
    }

    /// The code of a step.
    ///
    /// - Parameters:
    ///   - secret: Shared with the app.
    ///   - step: Whole periods since 1970.
    ///   - digits: How many digits; at most 9.
    /// - Returns: Digits, zeros in front.
    public static func code(_ secret: [UInt8], step: Int64, digits: Int = 6) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(56 - 8 * $0)) }
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: counter,
            using: SymmetricKey(data: secret)
        )
        let bytes = Array(code)
        let offset = Int(bytes[19] & 15)
        let number = bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let modulus = (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 }
        let text = String((number & 0x7FFF_FFFF) % modulus)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The step whose code this is, inside the window and after the last one that was used.
    ///
    /// - Parameters:
    ///   - code: As typed; blanks in it do not count.
    ///   - secret: Shared with the app.
    ///   - now: The verifier's time.
    ///   - last: The step of the last code that was accepted; no step up to it is accepted again.
    /// - Returns: The step to keep as the last, or `nil`.
    public static func acceptedStep(
        of code: String,
        secret: [UInt8],
        now: Instant,
        after last: Int64
    ) -> Int64? {
        let typed = Array(code.utf8.filter { $0 != 0x20 })
        let present = step(at: now)
        var found: Int64?
        for step in (present - window)...(present + window) {
            let isSame = isEqual(Array(Self.code(secret, step: step).utf8), typed)
            if isSame, step > last, found == nil { found = step }
        }
        return found
    }

    /// What an authenticator app reads, as a link or from a picture of it.
    ///
    /// - Parameters:
    ///   - secret: To be shared with the app.
    ///   - account: Who signs in.
    ///   - issuer: Where.
    /// - Returns: `otpauth://totp/ISSUER:ACCOUNT?secret=…`.
    public static func link(_ secret: [UInt8], account: String, issuer: String) -> String {
        "otpauth://totp/\(issuer):\(account)?secret=\(base32(secret))&issuer=\(issuer)"
            + "&algorithm=SHA1&digits=6&period=\(period)"
    }

    /// Base 32 without padding, RFC 4648 section 6.
    static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                out.append(alphabet[Int(buffer >> UInt32(bits)) & 31])
            }
            buffer &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { out.append(alphabet[Int(buffer << UInt32(5 - bits)) & 31]) }
        return String(decoding: out, as: UTF8.self)
    }

    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
