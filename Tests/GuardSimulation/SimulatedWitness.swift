import MerkleLog
import VaultCore

/// A witness with its store, the way to it, and everything it ever cosigned.
struct SimulatedWitness {
    /// Where it keeps what it cosigned last; can fail before or after keeping.
    struct Store: WitnessStore {
        enum Fault { case before, after }

        var known: [String: [UInt8]] = [:]
        var fault: Fault?

        func newest(of origin: String) throws -> [UInt8]? { known[origin] }

        mutating func keep(_ note: [UInt8], of origin: String) throws {
            defer { fault = nil }
            if fault == .before { throw DiskTrouble() }
            known[origin] = note
            if fault == .after { throw DiskTrouble() }
        }
    }

    let witness: Witness
    var store = Store()
    /// What it cosigned, in the order of its answers.
    private(set) var cosigned: [Checkpoint] = []
    /// What the log's side thinks this witness knows.
    var believed: UInt64 = 0
    /// Requests under way, perhaps late, perhaps twice.
    var mail: [[UInt8]] = []

    init(number: Int, log: NoteVerifierKey) throws {
        let key = try NoteSigningKey(
            name: "witness.example/\(number)",
            seed: [UInt8](repeating: UInt8(number + 1), count: 32),
            algorithm: .cosignatureV1
        )
        witness = try Witness(key: key, logs: [log])
    }

    /// Reads one request.
    ///
    /// - Returns: The reply, after it was compared with all replies before.
    mutating func read(_ body: [UInt8], at time: Instant) throws -> Witness.Reply {
        let reply = witness.answer(
            body,
            timestamp: UInt64(max(0, time.microseconds / 1_000_000)),
            store: &store
        )
        guard case .cosigned = reply else { return reply }
        let note = try AddCheckpoint(parsing: body).checkpoint
        let checkpoint = try Checkpoint(text: note.text)
        if let last = cosigned.last {
            if checkpoint.size < last.size {
                throw Violation("a witness cosigned \(checkpoint.size) after \(last.size)")
            }
            if checkpoint.size == last.size, checkpoint.root != last.root {
                throw Violation("a witness cosigned two logs of size \(last.size)")
            }
        }
        cosigned.append(checkpoint)
        return reply
    }

    /// The longest log that it has seen.
    var newest: Checkpoint? { cosigned.last }
}
