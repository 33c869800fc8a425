import Guard
import MerkleLog
import VaultCore

/// What was said to anybody, and what follows from it: the promises that a schedule checks.
struct Ledger {
    /// A change of who may see what, in force from its entry on.
    struct Effect {
        enum Change: Hashable {
            case restriction(PreparedVault.Person, RecordID)
            case withdrawal(PreparedVault.Person, RecordID)
            case closing, opening
        }

        let change: Change
        let receipt: Receipt
        var isAnswered = false
    }

    /// Answers with an entry: it must be there for ever.
    private(set) var receipts: [(receipt: Receipt, hasKeys: Bool)] = []
    private(set) var effects: [Effect] = []
    /// Checkpoints that left the Guard, by size.
    private(set) var published: [UInt64: MerkleHash] = [:]
    /// Whether `disable` was answered.
    var isDisablingAnswered = false

    mutating func note(_ receipt: Receipt, hasKeys: Bool) {
        receipts.append((receipt, hasKeys))
    }

    mutating func stage(_ change: Effect.Change, _ receipt: Receipt) {
        effects.append(Effect(change: change, receipt: receipt))
    }

    mutating func answer(_ receipt: Receipt) {
        for index in effects.indices where effects[index].receipt == receipt {
            effects[index].isAnswered = true
        }
    }

    /// A signed checkpoint that somebody outside has seen.
    mutating func publish(_ note: String, key: NoteVerifierKey) throws {
        let signed = try SignedNote(parsing: Array(note.utf8))
        guard let checkpoint = try Checkpoint.verified(signed, key: key) else {
            throw Violation("a checkpoint that the log did not sign")
        }
        if let known = published[checkpoint.size], known != checkpoint.root {
            throw Violation("two checkpoints of size \(checkpoint.size)")
        }
        published[checkpoint.size] = checkpoint.root
    }

    /// After a start: what was answered must be there, the rest is as the disk says.
    mutating func settle(with image: DiskImage) throws {
        for (receipt, hasKeys) in receipts where !image.holds(receipt) {
            throw Violation(
                hasKeys
                    ? "keys were released and entry \(receipt.index) is gone"
                    : "entry \(receipt.index) was answered and is gone"
            )
        }
        for effect in effects where effect.isAnswered && !image.holds(effect.receipt) {
            throw Violation("what entry \(effect.receipt.index) changed is gone")
        }
        effects.removeAll { !image.holds($0.receipt) }
    }

    /// Restrictions in force that keep the doctor from a patient's record.
    func restrictions(of patient: PreparedVault.Person) -> [RecordID] {
        var found: [RecordID] = []
        for effect in effects {
            switch effect.change {
            case .restriction(patient, let id): found.append(id)
            case .withdrawal(patient, let id): found.removeAll { $0 == id }
            default: break
            }
        }
        return found
    }

    /// Whether everything is closed.
    var isClosed: Bool {
        effects.last { $0.change == .closing || $0.change == .opening }?.change == .closing
    }
}
