internal import VaultCore

/// The public keys of `keys-example/`, which everybody has: only a demo vault accepts them.
enum ExampleKeys {
    static func contains(_ publicKey: [UInt8]) -> Bool {
        known.contains(Base64.encode(publicKey))
    }

    private static let known: Set<String> = []
}
