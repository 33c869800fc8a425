internal import VaultCore

/// One signature line of a note.
public struct NoteSignature: Sendable, Hashable {
    /// Who claims to have signed.
    public let name: String
    /// Names the key together with ``name``.
    public let keyID: UInt32
    /// The signature in its algorithm's form, for a cosignature with the timestamp in front.
    public let signature: [UInt8]

    /// Takes a signature as received.
    ///
    /// - Parameters:
    ///   - name: Who claims to have signed.
    ///   - keyID: Names the key together with the name.
    ///   - signature: At least one byte.
    public init(name: String, keyID: UInt32, signature: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.signature = signature
    }

    /// The line with its newline.
    public var line: String {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(keyID)
        return "\u{2014} \(name) \(Base64.encode(bytes + signature))\n"
    }

    /// Reads a line without its newline.
    init?(line: some StringProtocol) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "\u{2014}", isNoteName(parts[1]),
            let bytes = Base64.decode(parts[2]), bytes.count > 4
        else { return nil }
        let keyID = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        self.init(name: String(parts[1]), keyID: keyID, signature: Array(bytes.dropFirst(4)))
    }
}

/// A text with signatures under it.
///
/// Source: c2sp.org/signed-note. The text means nothing until ``verify(_:)`` accepts it.
public struct SignedNote: Sendable, Hashable {
    /// The signed text, ending in a newline.
    public let text: String
    /// In the order of their lines; most keys are unknown to most readers.
    public private(set) var signatures: [NoteSignature]

    /// Most bytes of a note.
    public static let maximumByteCount = 1 << 20
    /// Most signature lines.
    public static let maximumSignatureCount = 128

    /// Starts a note that is signed by and by.
    ///
    /// - Parameters:
    ///   - text: Ends in a newline; no other control characters.
    ///   - signatures: Lines to begin with.
    /// - Throws: ``MerkleLogError/malformedNote``.
    public init(text: String, signatures: [NoteSignature] = []) throws(MerkleLogError) {
        guard text.utf8.last == 0x0A, text.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x0A }) else {
            throw .malformedNote
        }
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note: text, empty line, one or more signature lines, nothing else.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Throws: ``MerkleLogError/malformedNote``.
    public init(parsing bytes: [UInt8]) throws(MerkleLogError) {
        guard bytes.count <= Self.maximumByteCount, bytes.last == 0x0A,
            let whole = String(validating: bytes, as: UTF8.self)
        else { throw .malformedNote }
        let lines = whole.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        guard let gap = lines.lastIndex(where: \.isEmpty), gap > 0 else { throw .malformedNote }
        let signatureLines = lines[(gap + 1)...]
        let signatures = signatureLines.compactMap { NoteSignature(line: Substring($0)) }
        guard !signatures.isEmpty, signatures.count == signatureLines.count,
            signatures.count <= Self.maximumSignatureCount
        else { throw .malformedNote }
        let text = lines[..<gap].map { String(Substring($0)) + "\n" }.joined()
        try self.init(text: text, signatures: signatures)
    }

    /// The whole note: text, empty line, signature lines.
    public var description: String { text + "\n" + signatures.map(\.line).joined() }

    /// The whole note as UTF-8.
    public var bytes: [UInt8] { Array(description.utf8) }

    /// Adds a signature line; one that is there already is not added again.
    ///
    /// - Parameter signature: By anybody.
    public mutating func add(_ signature: NoteSignature) {
        if !signatures.contains(signature) { signatures.append(signature) }
    }
}

extension SignedNote: CustomStringConvertible {}
