internal import GuardStore
internal import Records
internal import Sealing
internal import VaultCore

/// Alters a copy of a vault the way somebody with access to the disk would, for the demo and for tests.
struct Tampering {
    let copy: VaultFolder

    /// Copies a closed vault with the files beside it.
    init(copying folder: VaultFolder, as path: String) throws {
        copy = VaultFolder(path)
        try Self.copyFolder(folder.path, to: path)
        try Files.create(copy.checkpointFile, try Files.read(folder.checkpointFile))
    }

    /// Flips one bit of a stored log entry; answers which.
    func alterLog() throws -> UInt64 {
        let storage = try SQLiteGuardStorage(path: copy.guardFile, creating: false)
        let index = try storage.logSize() / 2
        let entry = try storage.entry(at: index) ?? []
        try storage.close()
        try flip(entry, in: copy.guardFile)
        return index
    }

    /// Flips one bit of a stored record version.
    func alterRecord() throws {
        let file = try PassphraseFile(parsing: try Files.readText(copy.keyFile))
        let store = try SQLiteRecordStore(path: copy.recordsFile, vault: file.vault, mode: .open)
        var sealed: [UInt8] = []
        try store.forEachVersion { row in
            if sealed.isEmpty, row.sealed.count < 2_000 { sealed = Array(row.sealed) }
        }
        try store.close()
        try flip(sealed, in: copy.recordsFile)
    }

    func remove() {
        Files.removeFolder(copy.path)
        Files.remove(copy.checkpointFile)
    }

    /// Finds a piece of the bytes in the file and changes one bit in its middle.
    private func flip(_ bytes: [UInt8], in path: String) throws {
        let middle = bytes.count / 2
        guard bytes.count >= 48 else { throw Self.notFound }
        let piece = Array(bytes[(middle - 12)..<(middle + 12)])
        var file = try Files.read(path)
        guard let place = Self.firstPlace(of: piece, in: file) else { throw Self.notFound }
        file[place + 12] ^= 1
        try Files.replace(path, file)
    }

    private static let notFound = Complaint(
        kind: .internalError,
        code: "demo.tampering",
        message: "there is nothing to alter",
        hint: "please report this"
    )

    private static func firstPlace(of piece: [UInt8], in file: [UInt8]) -> Int? {
        guard file.count >= piece.count, let first = piece.first else { return nil }
        return file.withUnsafeBufferPointer { file in
            (0...(file.count - piece.count)).first { place in
                file[place] == first && piece.indices.allSatisfy { file[place + $0] == piece[$0] }
            }
        }
    }

    private static func copyFolder(_ source: String, to target: String) throws {
        try Files.makeFolder(target)
        for name in Files.names(in: source) {
            let inner = "\(source)/\(name)"
            if Files.isFolder(inner) {
                try copyFolder(inner, to: "\(target)/\(name)")
            } else {
                try Files.create("\(target)/\(name)", try Files.read(inner))
            }
        }
    }
}
