#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Guard
internal import Sealing
internal import VaultCore

/// A principal's key file: who it is, for which vault, and the private key; mode 0600.
///
/// `{"patientvault-key": 1, "vault": "<hex>", "principal": "<id>", "seed": "<base64>"}`. An example key
/// names no vault and is accepted only by a demo vault.
struct KeyFile {
    let vault: VaultID?
    let principal: PrincipalID
    let privateKey: SecretKey

    init(vault: VaultID?, principal: PrincipalID, privateKey: SecretKey) {
        self.vault = vault
        self.principal = principal
        self.privateKey = privateKey
    }

    /// Reads a key file.
    ///
    /// - Throws: ``Complaint`` where it is missing, unreadable or no key file.
    init(reading path: String) throws {
        let bytes = try Files.read(path)
        guard let json = JSONValue(parsing: bytes), json["patientvault-key"]?.int == 1,
            let principal = json["principal"]?.string.flatMap({ PrincipalID($0) }),
            let seed = json["seed"]?.string.flatMap({ Base64.decode($0) }),
            seed.count == SecretKey.byteCount
        else { throw Self.malformed(path) }
        var vault: VaultID?
        if let text = json["vault"]?.string {
            guard let id = Hex.decode(text).flatMap({ VaultID(bytes: $0) }) else {
                throw Self.malformed(path)
            }
            vault = id
        }
        self.init(vault: vault, principal: principal, privateKey: try SecretKey(copying: seed))
    }

    private static func malformed(_ path: String) -> Complaint {
        Complaint.badInput(
            "`\(path)` is not a principal's key file",
            hint: "make one with `patientvault principal new`"
        )
    }

    /// The file's text.
    var text: String {
        let seed = privateKey.withBytes { Base64.encode($0) }
        let json: JSONValue = [
            "patientvault-key": 1, "vault": vault.map { .string($0.description) } ?? .null,
            "principal": .string(principal.text), "seed": .string(seed),
        ]
        return json.prettyText
    }

    /// Writes a new key file that only its owner may read.
    func write(to path: String) throws {
        try Files.create(path, Array(text.utf8))
    }

    /// Signs one request.
    func statement(_ body: JSONValue, vault: VaultID) throws -> SignedStatement {
        let time = SystemClock().now()
        let nonce = SystemRandom().bytes(16)
        let message = SignedStatement.message(
            vault: vault,
            principal: principal,
            time: time,
            nonce: nonce,
            body: body
        )
        return SignedStatement(
            principal: principal,
            time: time,
            nonce: nonce,
            signature: try Signing.sign(message, with: privateKey)
        )
    }
}
