internal import MerkleLog
internal import VaultCore

/// Where a vault's files are.
///
/// Inside the folder: the wrapped root key, the Guard's and the records' databases, the policies and label
/// tables that decide. Beside it, so that a copy of the folder alone betrays its age: the newest signed
/// checkpoint and, until moved to a safe place, the first administrator's key.
struct VaultFolder {
    let path: String

    init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    var keyFile: String { path + "/root.key" }
    /// The root key's next file, while the root key is replaced.
    var nextKeyFile: String { path + "/root.key.next" }
    var guardFile: String { path + "/guard.sqlite" }
    var recordsFile: String { path + "/records.sqlite" }
    var policies: String { path + "/policies" }
    var sums: String { path + "/files.sum" }
    /// How far a verification that was stopped had come; sealed.
    var progressFile: String { path + "/verify.progress" }
    var checkpointFile: String { path + ".checkpoint" }
    /// The newest checkpoint that witnesses cosigned.
    var cosignedFile: String { path + ".cosigned" }
    /// The witnesses to ask, one a line.
    var witnessesFile: String { path + ".witnesses" }
    /// Private keys of backups' custodians, until each is moved to its custodian.
    var custodyFolder: String { path + ".custody" }
    var adminKeyFile: String { path + ".admin.key" }

    var exists: Bool { Files.exists(keyFile) || Files.exists(guardFile) }

    /// Files that never change after `init` and are covered by no log entry's hash.
    private var fixedFiles: [String] {
        ["root.key"] + PolicyFolder(policies).files.map { "policies/\($0)" }
    }

    /// `<hash>  <name>` for each fixed file, so that `verify` can tell an altered file from a wrong
    /// passphrase; whoever can write the folder can also write this file.
    ///
    /// - Parameter next: What `root.key` is about to be; `nil` for what it is.
    /// - Returns: The file's text.
    /// - Throws: ``Complaint`` where a file is missing.
    func currentSums(keyFile next: [UInt8]? = nil) throws -> String {
        try fixedFiles.sorted().map { name in
            let isNext = name == "root.key"
            let bytes = try (isNext ? next : nil) ?? Files.read("\(path)/\(name)")
            return "\(TreeHasher.leafHash(bytes))  \(name)\n"
        }.joined()
    }

    /// Fixed files that are not as they were at `init`.
    func alteredFiles() throws -> [String] {
        func lines(_ text: String) -> Set<Substring> { Set(text.split(separator: "\n")) }
        guard let kept = try? Files.readText(sums) else { return ["files.sum"] }
        let changed = lines(kept).symmetricDifference(lines(try currentSums()))
        return Set(changed.map { String($0.split(separator: " ").last ?? "files.sum") }).sorted()
    }

    /// The checkpoint that was last seen outside the folder.
    func witnessedCheckpoint() throws -> String? {
        Files.exists(checkpointFile) ? try Files.readText(checkpointFile) : nil
    }
}
