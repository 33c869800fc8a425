internal import CSodium
internal import Crypto
internal import FoundationEssentials

/// AES-256-GCM on buffers, by whichever library is the faster for the length.
///
/// libsodium needs the processor's AES and carry-less multiplication; without them, and for long
/// buffers, swift-crypto does the work (measured: the lines cross near 3 KiB). Same bytes either way.
///
/// Source: NIST SP 800-38D.
internal enum AESGCM {
    static let keyByteCount = 32
    static let nonceByteCount = 12
    static let tagByteCount = 16

    enum Engine { case sodium, swiftCrypto }

    private static let sodiumIsAvailable =
        Sodium.isReady && crypto_aead_aes256gcm_is_available() == 1

    static func engine(forByteCount count: Int) -> Engine {
        sodiumIsAvailable && count < 4096 ? .sodium : .swiftCrypto
    }

    /// Writes ciphertext, then tag: `plaintext.count + 16` bytes.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer,
        key: UnsafePointer<UInt8>,
        nonce: UnsafePointer<UInt8>,
        authenticating context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawPointer,
        engine: Engine
    ) throws(SealingError) {
        switch engine {
        case .sodium:
            let status = unsafe crypto_aead_aes256gcm_encrypt(
                output.assumingMemoryBound(to: UInt8.self),
                nil,
                plaintext.bytePointer,
                UInt64(plaintext.count),
                context.bytePointer,
                UInt64(context.count),
                nil,
                nonce,
                key
            )
            guard status == 0 else { throw .tooLarge(byteCount: plaintext.count) }
        case .swiftCrypto:
            try unsafe sealBySwiftCrypto(
                plaintext,
                key: key,
                nonce: nonce,
                authenticating: context,
                into: output
            )
        }
    }

    /// Checks the tag, then writes `sealed.count - 16` bytes of plaintext.
    ///
    /// - Returns: Whether the tag was right; if not, `output` holds no plaintext.
    static func open(
        _ sealed: UnsafeRawBufferPointer,
        key: UnsafePointer<UInt8>,
        nonce: UnsafePointer<UInt8>,
        authenticating context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawPointer,
        engine: Engine
    ) -> Bool {
        guard sealed.count >= tagByteCount else { return false }
        switch engine {
        case .sodium:
            return unsafe crypto_aead_aes256gcm_decrypt(
                output.assumingMemoryBound(to: UInt8.self),
                nil,
                nil,
                sealed.bytePointer,
                UInt64(sealed.count),
                context.bytePointer,
                UInt64(context.count),
                nonce,
                key
            ) == 0
        case .swiftCrypto:
            return unsafe openBySwiftCrypto(
                sealed,
                key: key,
                nonce: nonce,
                authenticating: context,
                into: output
            )
        }
    }

    private static func sealBySwiftCrypto(
        _ plaintext: UnsafeRawBufferPointer,
        key: UnsafePointer<UInt8>,
        nonce: UnsafePointer<UInt8>,
        authenticating context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawPointer
    ) throws(SealingError) {
        do {
            let box = try unsafe AES.GCM.seal(
                plaintext,
                using: symmetricKey(key),
                nonce: gcmNonce(nonce),
                authenticating: context
            )
            let target = unsafe UnsafeMutableRawBufferPointer(
                start: output,
                count: plaintext.count + tagByteCount
            )
            unsafe target.copyBytes(from: box.ciphertext)
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[plaintext.count...])
                .copyBytes(from: box.tag)
        } catch {
            throw .tooLarge(byteCount: plaintext.count)
        }
    }

    private static func openBySwiftCrypto(
        _ sealed: UnsafeRawBufferPointer,
        key: UnsafePointer<UInt8>,
        nonce: UnsafePointer<UInt8>,
        authenticating context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawPointer
    ) -> Bool {
        let end = sealed.count - tagByteCount
        guard
            let box = try? unsafe AES.GCM.SealedBox(
                nonce: gcmNonce(nonce),
                ciphertext: UnsafeRawBufferPointer(rebasing: sealed[..<end]),
                tag: UnsafeRawBufferPointer(rebasing: sealed[end...])
            ),
            var plaintext = try? unsafe AES.GCM.open(
                box,
                using: symmetricKey(key),
                authenticating: context
            )
        else { return false }
        unsafe plaintext.withUnsafeMutableBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(start: output, count: bytes.count)
                .copyMemory(from: UnsafeRawBufferPointer(bytes))
            unsafe Wiping.wipe(bytes)
        }
        return true
    }

    private static func symmetricKey(_ key: UnsafePointer<UInt8>) -> SymmetricKey {
        unsafe SymmetricKey(data: UnsafeRawBufferPointer(start: key, count: keyByteCount))
    }

    private static func gcmNonce(_ nonce: UnsafePointer<UInt8>) throws -> AES.GCM.Nonce {
        try unsafe AES.GCM.Nonce(
            data: UnsafeRawBufferPointer(start: nonce, count: nonceByteCount)
        )
    }
}
