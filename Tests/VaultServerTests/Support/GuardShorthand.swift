import Guard
import VaultCore

/// What tests ask in the operator's name.
extension GuardService {
    func status() throws -> GuardStatus { try status(by: .operator) }
    func audit() throws -> GuardAudit { try audit(by: .operator) }
    func clients() throws -> [Client] { try clients(by: .operator) }
    func principals() throws -> [Principal] { try principals(by: .operator) }
    func seal() throws { try close() }
}
