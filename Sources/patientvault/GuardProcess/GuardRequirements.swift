#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Sealing
internal import VaultCore

/// What must hold before a process may keep a vault's keys; without any of it, it does not start.
struct GuardRequirements {
    let folder: VaultFolder

    func check() throws {
        guard folder.exists else {
            throw Complaint(
                kind: .missingInput,
                code: "vault.missing",
                message: "there is no vault at `\(folder.path)`",
                hint: "name one with `--vault DIR`, or make one with `patientvault init`"
            )
        }
        guard ProcessHardening.disableCoreDumps().isProtected else {
            throw Complaint(
                kind: .unavailable,
                code: "guard.coreDumps",
                message: "core dumps of this process cannot be switched off",
                hint: "set LimitCORE=0 for it"
            )
        }
        // A slab of locked memory, as the keys will want it.
        _ = try SecretKey.random()
        for path in Self.files(of: folder) where Files.exists(path) {
            try Self.requirePrivate(path)
        }
        guard Files.exists(folder.checkpointFile) else {
            throw Complaint(
                kind: .integrity,
                code: "guard.notWitnessed",
                message: "the last witnessed checkpoint `\(folder.checkpointFile)` is missing",
                hint:
                    "bring it back from where checkpoints are kept: it shows that no entry was lost"
            )
        }
    }

    private static func files(of folder: VaultFolder) -> [String] {
        [folder.keyFile]
            + ["", "-wal", "-shm", ".lock"].map { folder.guardFile + $0 }
    }

    /// Refuses a file that others than its owner, who must be us, can open.
    static func requirePrivate(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Complaint.missing(file: path) }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
            throw Complaint(
                kind: .notAllowed,
                code: "guard.filesNotPrivate",
                message: "`\(path)` can be opened by others than the Guard's user",
                hint: "chown it to the Guard's user and chmod it to 0600"
            )
        }
    }
}
