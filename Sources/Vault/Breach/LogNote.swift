internal import MerkleLog
internal import VaultCore

/// The log key's word for a document of a breach case, read back from its signed note.
struct LogNote {
    /// SHA-256 of the document (as a Merkle leaf).
    let digest: [UInt8]
    /// Index of the entry that knows the document.
    let index: UInt64
    /// `id key` of each person who stands by it.
    let signers: Set<String>

    /// Reads and checks a note; `nil` where the key did not sign it as a document of this kind.
    init?(_ text: String?, domain: String, key: NoteVerifierKey) {
        guard let text, let note = try? SignedNote(parsing: Array(text.utf8)),
            note.verify([key]).isAccepted
        else { return nil }
        let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 6, lines[0] == "\(domain) \(key.name)",
            let digest = Base64.decode(lines[1]), let index = UInt64(lines[2])
        else { return nil }
        self.digest = digest
        self.index = index
        signers = Set(lines[4...].dropLast().map(String.init))
    }
}
