import Crypto
import Testing
import VaultCore
import VaultTestSupport

@testable import Sealing

/// Wycheproof's vectors of C2SP chunked encryption.
@Suite(.enabled(if: SharedData.isExpected)) struct CobblestoneVectorTests {
    private static let name = "c2sp_chunked_encryption_aes_256_gcm"

    @Test func `every Wycheproof vector opens or is refused as it says`() throws {
        let file = try Wycheproof(Self.name)
        var count = 0
        for (_, test) in file.cases {
            let opened = try Self.open(test)
            if test.isValid {
                let digest = SHA512.hash(data: try #require(opened))
                #expect(opened?.count == test.msgLength, "test \(test.tcId)")
                #expect(Hex.encode(digest) == test.msgSha512, "test \(test.tcId)")
            } else {
                #expect(opened == nil, "test \(test.tcId)")
            }
            count += 1
        }
        #expect(count == 35 && count == file.numberOfTests)
    }

    @Test func `sealing a vector's message with its salt gives the vector's bytes`() throws {
        var count = 0
        for (_, test) in try Wycheproof(Self.name).cases where test.isValid {
            let sealed = try #require(Inflate.zlib(try bytes(test.ct)))
            let cobblestone = try Cobblestone(key: SecretKey(copying: try bytes(test.key)))
            let context = try bytes(test.ctx)
            let plaintext = try cobblestone.open(sealed, context: context)
            let again = try cobblestone.seal(
                plaintext,
                salt: Array(sealed[..<24]),
                context: context
            )
            #expect(again == sealed, "test \(test.tcId)")
            count += 1
        }
        #expect(count == 10)
    }

    @Test func `the derived key and base nonce are the vector's`() throws {
        var count = 0
        for (_, test) in try Wycheproof(Self.name).cases {
            guard test.aeadKey != nil else { continue }
            let sealed = try #require(Inflate.zlib(try bytes(test.ct)))
            let cobblestone = try Cobblestone(key: SecretKey(copying: try bytes(test.key)))
            let derived = try Bytes.lend(Array(sealed[..<24]), try bytes(test.ctx)) {
                salt,
                context throws(SealingError) in
                try cobblestone.withMaterial(salt: salt, context: context) { material in
                    [
                        Array(UnsafeBufferPointer(start: material.key, count: 32)),
                        Array(UnsafeBufferPointer(start: material.baseNonce, count: 12)),
                    ]
                }
            }
            #expect(derived == [try bytes(test.aeadKey), try bytes(test.baseNonce)])
            count += 1
        }
        #expect(count == 25)
    }

    @Test func `every refused vector gives the one error, wherever it is wrong`() throws {
        for (_, test) in try Wycheproof(Self.name).cases where !test.isValid {
            guard let key = try? SecretKey(copying: try bytes(test.key)) else {
                #expect(test.flags.contains("InvalidKeySize"))
                continue
            }
            let sealed = try #require(Inflate.zlib(try bytes(test.ct)))
            #expect(throws: SealingError.authenticationFailed, "test \(test.tcId)") {
                try Cobblestone(key: key).open(sealed, context: try bytes(test.ctx))
            }
        }
    }

    /// The plaintext, or `nil` for any refusal.
    private static func open(_ test: Wycheproof.Case) throws -> [UInt8]? {
        let sealed = try #require(Inflate.zlib(try bytes(test.ct)))
        guard let key = try? SecretKey(copying: try bytes(test.key)) else { return nil }
        return try? Cobblestone(key: key).open(sealed, context: try bytes(test.ctx))
    }
}
