import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

struct SignInTests {
    /// RFC 6238, appendix B, the rows of SHA-1.
    @Test(arguments: [
        (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"), (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
    ])
    func `codes are those of the RFC`(seconds: Int64, code: String) {
        let secret = Array("12345678901234567890".utf8)
        let step = OneTimeCode.step(at: Instant(seconds: seconds))
        #expect(OneTimeCode.code(secret, step: step, digits: 8) == code)
        #expect(OneTimeCode.code(secret, step: step) == code.suffix(6))
    }

    @Test func `a code holds one step early and late, and no step twice`() {
        let secret = SystemRandom().bytes(20)
        let now = Instant(seconds: 1_800_000_000)
        let step = OneTimeCode.step(at: now)
        func accepted(_ offset: Int64, after last: Int64 = 0) -> Int64? {
            let code = OneTimeCode.code(secret, step: step + offset)
            return OneTimeCode.acceptedStep(of: code, secret: secret, now: now, after: last)
        }
        for offset in [-1, 0, 1] as [Int64] {
            #expect(accepted(offset) == step + offset)
            #expect(accepted(offset, after: step + offset) == nil)
            #expect(accepted(offset, after: step + offset - 1) == step + offset)
        }
        #expect(accepted(-2) == nil)
        #expect(accepted(2) == nil)
        let code = OneTimeCode.code(secret, step: step)
        for wrong in ["", "1", "\(code)0", String(code.dropLast()), "abcdef"] {
            #expect(
                OneTimeCode.acceptedStep(of: wrong, secret: secret, now: now, after: 0) == nil
            )
        }
        let typed = "\(code.prefix(3)) \(code.suffix(3))"
        #expect(OneTimeCode.acceptedStep(of: typed, secret: secret, now: now, after: 0) == step)
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
        ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
    ])
    func `base 32 is that of the RFC`(text: String, encoded: String) {
        #expect(OneTimeCode.base32(Array(text.utf8)) == encoded)
    }

    @Test func `a password matches itself only, and a decoy matches nothing`() throws {
        let random = SystemRandom()
        let right = try SecretBytes(copying: "correct horse battery")
        let wrong = try SecretBytes(copying: "correct horse batterz")
        let hash = try PasswordHash(of: right, random: random)
        #expect(try hash.matches(right))
        #expect(try !hash.matches(wrong))
        #expect(try PasswordHash(of: right, random: random) != hash)
        let kept = try #require(PasswordHash(json: hash.json))
        #expect(kept == hash)
        #expect(try kept.matches(right))
        #expect(try !PasswordHash(decoyFrom: random).matches(right))
        let json = String(decoding: hash.json.bytes, as: UTF8.self)
        #expect(!json.contains("horse"))
        let costly = json.replacing("\"passes\":3", with: "\"passes\":300")
        #expect(JSONValue(parsing: costly).flatMap { PasswordHash(json: $0) } == nil)
    }

    /// FIPS 180-4, the one-block example.
    @Test func `the plain digest is SHA-256`() {
        #expect(
            Hex.encode(PlainDigest.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }
}

struct ProofKeyTests {
    /// RFC 9449, the key of its examples (figures 2 and 12), and its thumbprint.
    @Test func `a thumbprint is the RFC's`() throws {
        let key = ProofKey(json: [
            "kty": "EC", "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        ])
        #expect(
            try #require(key).thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        )
    }
}
