#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import MerkleLog
internal import Sealing
internal import VaultCore

/// Everything of a witness in a folder of its own: key, trusted logs, last cosigned checkpoints.
///
/// `witness.key`: `{"patientvault-witness": 1, "name": …, "seed": base64}`, mode 0600. `logs`: a log's
/// public key on each line. `witness.pub`: the key that others trust. `known/<SHA-256 of the origin>`: the last checkpoint cosigned for that log.
struct WitnessFolder: WitnessStore {
    let path: String

    private var keyFile: String { path + "/witness.key" }
    private var logsFile: String { path + "/logs" }

    init(_ path: String) { self.path = path }

    /// Makes the folder and its key where there is none yet.
    func makeIfMissing(name: String?) throws {
        if Files.exists(keyFile) { return }
        guard let name else {
            throw Complaint.missing(file: keyFile)
        }
        let seed = SystemRandom().bytes(32)
        let key = try NoteSigningKey(name: name, seed: seed, algorithm: .cosignatureV1)
        if !Files.isFolder(path) { try Files.makeFolder(path) }
        if !Files.isFolder(path + "/known") { try Files.makeFolder(path + "/known") }
        let json: JSONValue = [
            "patientvault-witness": 1, "name": .string(name),
            "seed": .string(Base64.encode(seed)),
        ]
        try Files.create(logsFile, [])
        try Files.replace(path + "/witness.pub", mode: 0o644, Array("\(key.verifier)\n".utf8))
        // CRASH: a folder without a key is made anew; the key comes last.
        try Files.create(keyFile, Array(json.prettyText.utf8))
    }

    /// The key that cosigns.
    func key() throws -> NoteSigningKey {
        guard let json = JSONValue(parsing: try Files.read(keyFile)),
            json["patientvault-witness"]?.int == 1, let name = json["name"]?.string,
            let seed = json["seed"]?.string.flatMap({ Base64.decode($0) })
        else {
            throw Complaint.badInput(
                "`\(keyFile)` is not a witness's key",
                hint: "name a folder that `audit witness` made"
            )
        }
        return try NoteSigningKey(name: name, seed: seed, algorithm: .cosignatureV1)
    }

    /// Keys of the trusted logs.
    func logs() throws -> [NoteVerifierKey] {
        try Files.readText(logsFile).split(separator: "\n").map { try NoteVerifierKey($0) }
    }

    /// Trusts further logs from now on.
    func trust(_ keys: [String]) throws {
        var lines = try logs().map(\.description)
        for key in try keys.map({ try NoteVerifierKey($0).description })
        where !lines.contains(key) {
            lines.append(key)
        }
        try Files.replace(logsFile, Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    /// Takes the folder for this process alone, until it ends.
    func lock() throws {
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Complaint(
                kind: .inputOutput,
                code: "witness.inUse",
                message: "another witness runs in `\(path)`",
                hint: "stop it first"
            )
        }
    }

    private func file(of origin: String) -> String {
        "\(path)/known/\(TreeHasher.leafHash(Array(origin.utf8)))"
    }

    func newest(of origin: String) throws -> [UInt8]? {
        let file = file(of: origin)
        return Files.exists(file) ? try Files.read(file) : nil
    }

    mutating func keep(_ note: [UInt8], of origin: String) throws {
        try Files.replace(file(of: origin), note)
    }
}
