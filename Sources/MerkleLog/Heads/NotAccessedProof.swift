/// Shows that no entry between two `heads` entries has a part of one patient: their head is the same in
/// both, or they are in neither.
///
/// Text format `patientvault/not-accessed-proof@v1`, see docs/design/log.md.
public struct NotAccessedProof: Sendable, Hashable {
    /// First line of the text.
    public static let firstLine = "patientvault/not-accessed-proof@v1"

    /// The text that stands for the patient in their parts.
    public let patient: String
    /// The head at both ends; `nil` where the patient was in neither map.
    public let head: PatientHead?
    /// The map at the window's beginning or before.
    public let start: HeadsBlock
    /// The map at the window's end or after.
    public let end: HeadsBlock
    /// The signed checkpoint that both entries' paths lead to.
    public let checkpoint: SignedNote

    /// Joins two ends under one checkpoint.
    ///
    /// - Parameters:
    ///   - patient: One line of text.
    ///   - start: The map at the window's beginning or before.
    ///   - end: The map at the window's end or after.
    ///   - checkpoint: Signed by the log.
    /// - Throws: ``MerkleLogError/malformedPart`` where the ends differ: then it is not so.
    public init(
        patient: String,
        start: HeadsBlock,
        end: HeadsBlock,
        checkpoint: SignedNote
    ) throws(MerkleLogError) {
        guard start.proof.head == end.proof.head, !patient.utf8.contains(0x0A) else {
            throw .malformedPart
        }
        self.patient = patient
        head = start.proof.head
        self.start = start
        self.end = end
        self.checkpoint = checkpoint
    }

    /// The file's bytes, UTF-8.
    public var bytes: [UInt8] {
        let text = head.map { "\($0.count) \($0.last)" } ?? "none"
        return Array("\(Self.firstLine)\npatient \(patient)\nhead \(text)\n".utf8) + start.lines
            + end.lines + checkpoint.bytes
    }

    /// Reads a file; what it says is not believed before ``ProofCheck``.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Throws: ``MerkleLogError/malformedProof(line:)`` or ``MerkleLogError/malformedNote``.
    public init(parsing bytes: [UInt8]) throws(MerkleLogError) {
        var lines = ProofLines(bytes)
        try lines.expect(Self.firstLine)
        patient = try lines.required("patient")
        let text = try lines.required("head")
        if text == "none" {
            head = nil
        } else {
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, let count = UInt64(decimal: parts[0]), count > 0,
                let last = UInt64(decimal: parts[1]), max(count, last) < UInt64(Int64.max)
            else { throw lines.failure }
            head = PatientHead(count: count, last: last)
        }
        start = try HeadsBlock(&lines, head: head)
        end = try HeadsBlock(&lines, head: head)
        checkpoint = try SignedNote(parsing: lines.rest)
    }
}
