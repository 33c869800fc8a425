internal import ArgumentParser
internal import Guard
internal import VaultCore

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "The access log: read, explained, and proved.",
        subcommands: [
            AuditList.self, AuditPatient.self, AuditAccounting.self, AuditUnexplained.self,
            AuditEmergencies.self, AuditReview.self,
            AuditVerify.self, AuditCheckpoint.self, AuditProve.self, AuditCheck.self,
            AuditCosign.self, AuditWitness.self,
        ]
    )
}

extension OpenVault {
    /// Reads the log; the reading is itself an entry.
    func entries(_ query: LogQuery, action: String) throws -> [LoggedEntry] {
        var query = query
        query.action = action
        query.context = context
        return try core.entries(query, by: try caller(for: query.json))
    }

    /// Names of principals by id, for lists that people read.
    func names() throws -> [String: String] {
        var names: [String: String] = [:]
        let known = try core.principals(by: try caller(for: GuardRequest.principals))
        for principal in known {
            names[principal.id.text] = Words.printable(principal.name)
        }
        return names
    }
}
