import Crypto
import Foundation
import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Wycheproof's vectors of the primitives that everything here stands on.
@Suite(.enabled(if: SharedData.isExpected)) struct PrimitiveVectorTests {
    @Test func `AES-GCM: both engines agree with every vector of our key and nonce length`() throws
    {
        var count = 0
        for (_, test) in try Wycheproof("aes_gcm").cases {
            let (key, nonce) = (try bytes(test.key), try bytes(test.iv))
            guard key.count == 32, nonce.count == 12 else { continue }
            let (aad, message) = (try bytes(test.aad), try bytes(test.msg))
            let sealed = try bytes(test.ct) + (try bytes(test.tag))
            for engine in [AESGCM.Engine.sodium, .swiftCrypto] {
                let opened = AESGCMBytes.open(sealed, key, nonce, aad, engine)
                #expect(opened == (test.isValid ? message : nil), "test \(test.tcId)")
                let again = try AESGCMBytes.seal(message, key, nonce, aad, engine)
                #expect((again == sealed) == test.isValid, "test \(test.tcId)")
            }
            count += 1
        }
        #expect(count == 66)
    }

    // Not ours to use, yet the library we stand on must get them right too. Nonces under 96 bits (flags
    // SmallIv, ZeroLengthIv and one Ktv) cannot be expressed in swift-crypto; that it refuses is checked.
    @Test func `AES-GCM: swift-crypto agrees with the vectors of all other lengths`() throws {
        var count = 0
        var refused = 0
        for (_, test) in try Wycheproof("aes_gcm").cases {
            guard let nonce = try? AES.GCM.Nonce(data: try bytes(test.iv)) else {
                #expect(try bytes(test.iv).count < 12, "test \(test.tcId)")
                refused += 1
                continue
            }
            let box = try AES.GCM.SealedBox(
                nonce: nonce,
                ciphertext: try bytes(test.ct),
                tag: try bytes(test.tag)
            )
            let opened = try? AES.GCM.open(
                box,
                using: SymmetricKey(data: try bytes(test.key)),
                authenticating: try bytes(test.aad)
            )
            let expected = test.isValid ? Data(try bytes(test.msg)) : nil
            #expect(opened == expected, "test \(test.tcId)")
            count += 1
        }
        #expect(count + refused == 316)
        #expect(refused == 43)
    }

    @Test func `HMAC-SHA-256 and HMAC-SHA-512: prepared keys give every vector's tag`() throws {
        for (name, isLong) in [("hmac_sha256", false), ("hmac_sha512", true)] {
            var count = 0
            for (group, test) in try Wycheproof(name).cases {
                let tag = try bytes(test.tag)
                #expect(tag.count * 8 == group.tagSize)
                let made = try Self.hmac(isLong, try bytes(test.key), try bytes(test.msg))
                #expect((Array(made[..<tag.count]) == tag) == test.isValid, "test \(test.tcId)")
                count += 1
            }
            #expect(count == 174)
        }
    }

    @Test func `HKDF: swift-crypto and our HMAC keys agree with every vector`() throws {
        for (name, isLong) in [("hkdf_sha256", false), ("hkdf_sha512", true)] {
            var count = 0
            for (_, test) in try Wycheproof(name).cases {
                let (ikm, salt, info) = (
                    try bytes(test.ikm), try bytes(test.salt), try bytes(test.info)
                )
                let size = try #require(test.size)
                count += 1
                guard test.isValid else {
                    // swift-crypto traps on these sizes; no derivation of ours asks for more than 76 bytes.
                    #expect(test.flags == ["SizeTooLarge"])
                    continue
                }
                let okm = try bytes(test.okm)
                let key = SymmetricKey(data: ikm)
                let library =
                    isLong
                    ? HKDF<SHA512>.deriveKey(
                        inputKeyMaterial: key,
                        salt: salt,
                        info: info,
                        outputByteCount: size
                    )
                    : HKDF<SHA256>.deriveKey(
                        inputKeyMaterial: key,
                        salt: salt,
                        info: info,
                        outputByteCount: size
                    )
                #expect(library.withUnsafeBytes { Array($0) } == okm, "test \(test.tcId)")
                let ours = try Self.hkdf(isLong, ikm, salt, info, size)
                #expect(ours == okm, "test \(test.tcId)")
            }
            #expect(count == (isLong ? 83 : 86))
        }
    }

    @Test func `Ed25519: every vector is accepted or refused as it says`() throws {
        var count = 0
        for (group, test) in try Wycheproof("ed25519").cases {
            let key = try bytes(group.publicKey?.pk)
            let holds = Signing.isValid(
                try bytes(test.sig),
                for: try bytes(test.msg),
                publicKey: key
            )
            #expect(holds == test.isValid, "test \(test.tcId) \(test.flags)")
            // The log's checkpoints are checked by swift-crypto.
            let library = try Curve25519.Signing.PublicKey(rawRepresentation: key)
            let libraryHolds = library.isValidSignature(
                try bytes(test.sig),
                for: try bytes(test.msg)
            )
            #expect(libraryHolds == test.isValid, "test \(test.tcId) \(test.flags)")
            count += 1
        }
        #expect(count == 151)
    }

    @Test func `a signature of ours holds for its message and key only`() throws {
        let key = try Signing.newPrivateKey(random: FixedRandom(seed: 1))
        let publicKey = try Signing.publicKey(of: key)
        let other = try Signing.publicKey(of: Signing.newPrivateKey(random: FixedRandom(seed: 2)))
        let signature = try Signing.sign([1, 2, 3], with: key)
        #expect(Signing.isValid(signature, for: [1, 2, 3], publicKey: publicKey))
        #expect(!Signing.isValid(signature, for: [1, 2, 4], publicKey: publicKey))
        #expect(!Signing.isValid(signature, for: [1, 2, 3], publicKey: other))
        #expect(!Signing.isValid([], for: [1, 2, 3], publicKey: publicKey))
        #expect(!Signing.isValid(signature, for: [1, 2, 3], publicKey: []))
        let signer = try Signer(privateKey: key)
        #expect(signer.publicKey == publicKey && signer.sign([1, 2, 3]) == signature)
        let library = try key.withBytes { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
        #expect(Array(library.publicKey.rawRepresentation) == publicKey)
        #expect(library.publicKey.isValidSignature(signature, for: [1, 2, 3] as [UInt8]))
    }

    private static func hmac(
        _ isLong: Bool,
        _ key: [UInt8],
        _ message: [UInt8]
    ) throws(SealingError) -> [UInt8] {
        try Bytes.make(isLong ? 64 : 32) { output throws(SealingError) in
            try Bytes.lend(key, message) { key, message throws(SealingError) in
                if isLong {
                    try HMACSHA512Key(key).authenticate(message, into: output.start)
                } else {
                    try HMACSHA256Key(key).authenticate(message, into: output.start)
                }
            }
        }
    }

    /// RFC 5869 straight from its definition.
    private static func hkdf(
        _ isLong: Bool,
        _ ikm: [UInt8],
        _ salt: [UInt8],
        _ info: [UInt8],
        _ size: Int
    ) throws -> [UInt8] {
        let zeros = [UInt8](repeating: 0, count: isLong ? 64 : 32)
        let prk = try hmac(isLong, salt.isEmpty ? zeros : salt, ikm)
        var okm: [UInt8] = []
        var block: [UInt8] = []
        var counter: UInt8 = 1
        while okm.count < size {
            block = try hmac(isLong, prk, block + info + [counter])
            okm += block
            counter &+= 1
        }
        return Array(okm[..<size])
    }
}
