internal import Guard
internal import Sealing
internal import VaultCore

/// Private keys of custodians in files, until each is moved to its custodian.
///
/// `<part>-<generation>.custody`: `{"patientvault-custody": 1, "part": …, "generation": …, "seed": base64}`,
/// mode 0600.
struct CustodyFolder {
    let path: String

    private func file(_ part: BackupPart, _ generation: Int) -> String {
        "\(path)/\(part.rawValue)-\(generation).custody"
    }

    /// Makes a key, keeps its private half here, and names its public half in the vault's log.
    ///
    /// Whoever holds the passphrase does it, also where a principal asked for the command around it; where the
    /// Guard runs elsewhere, a security officer or an administrator.
    ///
    /// CRASH: a private key without its entry in the log; the next call writes over it.
    func makeKey(
        _ part: BackupPart,
        for vault: OpenVault,
        by keeper: Acting = .operator
    ) throws -> Custody {
        func known() throws -> Custody? {
            let caller = try keeper.caller(for: GuardRequest.status, vault: vault.core.vault)
            return try vault.core.custody(of: part, by: caller)
        }
        let key = try CustodyPrivateKey(seed: try SecretKey.random(from: SystemRandom()))
        let generation = (try known()?.generation ?? 0) + 1
        if !Files.isFolder(path) { try Files.makeFolder(path) }
        let json: JSONValue = [
            "patientvault-custody": 1, "part": .string(part.rawValue),
            "generation": .int(Int64(generation)), "id": .string(key.publicKey.id),
            "seed": .string(key.seedText),
        ]
        try Files.replace(file(part, generation), Array(json.prettyText.utf8))
        _ = try vault.core.setCustody(
            key.publicKey,
            of: part,
            by: try keeper.caller(
                for: ["kind": "keys", "action": "custody"],
                vault: vault.core.vault
            ),
            context: vault.context
        )
        guard let named = try known(), named.publicKey == key.publicKey else {
            throw GuardError.damagedState
        }
        return named
    }

    /// Every private key that lies here.
    func keys() throws -> [CustodyPrivateKey] {
        try Files.names(in: path).filter { $0.hasSuffix(".custody") }.map { name in
            guard let json = JSONValue(parsing: try Files.read("\(path)/\(name)")),
                json["patientvault-custody"]?.int == 1,
                let seed = json["seed"]?.string.flatMap({ Base64.decode($0) }),
                seed.count == SecretKey.byteCount
            else {
                throw Complaint.badInput(
                    "`\(name)` is not a custody key",
                    hint: "keep nothing else with this ending in the custody folder"
                )
            }
            return try CustodyPrivateKey(seed: try SecretKey(copying: seed))
        }
    }

    /// Destroys the private keys of a part up to a generation, as far as they lie here.
    ///
    /// - Returns: How many.
    func destroy(_ part: BackupPart, upTo generation: Int) throws -> Int {
        var count = 0
        for old in 1...max(1, generation) where old <= generation {
            let name = file(part, old)
            guard Files.exists(name) else { continue }
            // Overwritten in place first: a file system that writes elsewhere keeps the blocks until reused.
            try Files.overwrite(name)
            Files.remove(name)
            Files.syncFolder(of: name)
            count += 1
        }
        return count
    }
}
