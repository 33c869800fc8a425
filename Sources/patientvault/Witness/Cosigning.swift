internal import Guard
internal import MerkleLog
internal import VaultCore

/// Cosignatures for the newest checkpoint of an open vault.
struct Cosigning {
    let core: any GuardService
    /// The cosigned checkpoint so far; starts as the log's own.
    private(set) var note: SignedNote
    /// Witnesses that did not cosign, and why.
    private(set) var failures: [(name: String, why: String)] = []
    /// How many cosigned ``note``.
    private(set) var count = 0
    /// Whether a witness has cosigned another log than this one: the two cannot both be true.
    private(set) var isForked = false
    private let first: String
    /// The log may grow while it is asked: each checkpoint that was cosigned, by its text.
    private var notes: [String: (note: SignedNote, count: Int)] = [:]

    init(core: any GuardService) throws {
        self.core = core
        first = try core.witnessRequest(from: 0).checkpoint
        note = try SignedNote(parsing: Array(first.utf8))
    }

    /// Asks a witness; a witness that knows more than this log has ends everything.
    ///
    /// - Throws: ``GuardError/logRolledBack(size:witnessed:)``.
    mutating func ask(
        _ witness: WitnessAddress,
        from known: UInt64,
        seconds: Int = 10
    ) throws {
        var asked = try request(from: known)
        var answer = witness.post(asked.body, seconds: seconds)
        if case .knows(let size) = answer {
            asked = try request(from: size)
            answer = witness.post(asked.body, seconds: seconds)
        }
        switch answer {
        case .line(let text):
            take(text, of: witness.key, over: try SignedNote(parsing: Array(asked.checkpoint.utf8)))
        case .knows: fail(witness, "it changes its mind about the size that it knows")
        case .refused(let status):
            if [Witness.Refusal.forked, .notConsistent].contains(where: { $0.status == status }) {
                isForked = true
            }
            fail(witness, "it refused with status \(status)")
        case .unreachable: fail(witness, "it cannot be reached")
        }
    }

    /// The way from what a witness knows: to one checkpoint for all where the Guard is in this process, to the
    /// newest where it is not, or where the witness knows more than that one.
    private func request(from known: UInt64) throws -> (body: [UInt8], checkpoint: String) {
        if let local = core as? GuardCore,
            let body = try local.witnessRequest(from: known, to: first)
        {
            return (body, first)
        }
        return try core.witnessRequest(from: known)
    }

    private mutating func fail(_ witness: WitnessAddress, _ why: String) {
        failures.append((witness.key.name, why))
    }

    /// Adds cosignature lines for the log's own checkpoint; only one that verifies counts.
    mutating func take(_ text: String, of key: NoteVerifierKey) { take(text, of: key, over: note) }

    private mutating func take(_ text: String, of key: NoteVerifierKey, over asked: SignedNote) {
        let known = notes[asked.text] ?? (asked, 0)
        guard let signed = try? SignedNote(parsing: known.note.bytes + Array(text.utf8)),
            signed.verify([key]).isVerified(by: key)
        else { return failures.append((key.name, "its cosignature does not verify")) }
        notes[asked.text] = (signed, known.count + 1)
        guard known.count + 1 >= count else { return }
        note = signed
        count = known.count + 1
    }

    /// Refuses to go on where a witness has cosigned another log than this one.
    func requireOneLog() throws {
        guard isForked else { return }
        throw Complaint(
            kind: .integrity,
            code: "guard.forked",
            message: "a witness has cosigned another log than this one",
            hint: "nothing is served: find out which of the two is true before anything else"
        )
    }
}
