internal import MerkleLog
internal import VaultCore

/// Tells grants that this Guard handed out from ids that somebody read in the log.
///
/// A ticket is a keyed hash of grant, patient and end under a key of this run: a restart ends every grant.
struct GrantTickets: Sendable {
    private let key: [UInt8]

    init(key: [UInt8]) { self.key = key }

    /// Sixteen bytes that only this run of the Guard can make.
    func ticket(of id: GrantID, patient: PatientPseudonym, end: Instant) -> [UInt8] {
        let message = id.bytes + patient.bytes + bigEndian(UInt64(bitPattern: end.microseconds))
        // The key stands in front of a message of fixed length, inside a hash of a fixed form.
        return Array(TreeHasher.leafHash(key + message).bytes.prefix(16))
    }

    /// Refuses a grant that was not handed out in this form.
    func check(_ grant: Grant) throws(GuardError) {
        let own = ticket(of: grant.id, patient: grant.patient, end: grant.end)
        var difference = grant.ticket.count ^ own.count
        for (a, b) in zip(grant.ticket, own) { difference |= Int(a ^ b) }
        guard difference == 0 else { throw .grantEnded }
    }
}
