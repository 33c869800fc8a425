internal import Consent
internal import VaultCore

/// What the announced intents of a write session state, in order.
///
/// The first thousands of facts are kept as they are; beyond them only the compacted text that the log
/// has, a tenth of the memory: one file may state hundreds of thousands.
struct SessionStatements {
    private struct Statement {
        var index: UInt64
        /// The facts' text as the log has it.
        var text: [UInt8]
        /// The facts; `nil` where they are read from their text again.
        var decoded: [PatientFacts.Entry]?
        var withdrawn: [RecordID]
        var identity: PatientIdentity?
    }

    private static let decodedLimit = 8_192

    private var byPatient: [PatientPseudonym: [Statement]] = [:]
    private var factCount = 0

    /// Whether there are more facts than should lie decoded in memory.
    var areMany: Bool { factCount > Self.decodedLimit }

    /// Adds what a part states.
    mutating func add(
        _ part: IntentPart,
        facts: [UInt8],
        of patient: PatientPseudonym,
        at index: UInt64
    ) {
        factCount += part.facts.count
        byPatient[patient, default: []].append(
            Statement(
                index: index,
                text: facts,
                decoded: areMany ? nil : part.facts,
                withdrawn: part.withdrawn,
                identity: part.identity
            )
        )
    }

    /// Applies everything stated about a patient.
    func apply(to book: inout PatientBook, of patient: PatientPseudonym) throws {
        for statement in byPatient[patient] ?? [] {
            var part = IntentPart()
            part.withdrawn = statement.withdrawn
            part.identity = statement.identity
            if let decoded = statement.decoded {
                part.facts = decoded
            } else if !statement.text.isEmpty {
                part.facts = try IntentPart.entries(compacted: statement.text)
            }
            book.applyStatements(of: part, at: statement.index)
        }
    }

    /// The form in which the facts of a patient are kept, where nothing was known of them before and one
    /// intent states them all: it has them in that form already.
    func soleText(of patient: PatientPseudonym) -> [UInt8]? {
        guard let stated = byPatient[patient], stated.count == 1, !stated[0].text.isEmpty,
            stated[0].withdrawn.isEmpty
        else { return nil }
        return bigEndian(stated[0].index) + stated[0].text
    }
}
