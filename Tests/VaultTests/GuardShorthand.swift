import Guard
import Testing
import Vault
import VaultCore

/// What tests ask in the operator's name.
extension GuardService {
    func status() throws -> GuardStatus { try status(by: .operator) }
    func principals() throws -> [Principal] { try principals(by: .operator) }
    func audit() throws -> GuardAudit { try audit(by: .operator) }
    func seals() throws -> [AccessSeal] { try seals(by: .operator) }
    func sealedName(of patient: PatientDesignation) throws -> String? {
        try sealedName(of: patient, by: .operator)
    }
    func erasedPatients() throws -> [PatientPseudonym] { try erasedPatients(by: .operator) }
}

extension VaultService {
    /// The Guard of this process.
    var core: GuardCore { get throws { try #require(`guard` as? GuardCore) } }
}
