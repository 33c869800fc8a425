internal import ArgumentParser
internal import Guard
internal import Vault
internal import VaultCore

extension DemoStory {
    /// One patient of the files that were given: nobody knows them here, so only an emergency opens.
    func ownPatient() throws {
        guard let patient = try strangePatient() else { return }
        stage.chapter(
            "One of your own patients: refused without a relationship, opened in an emergency"
        )
        try stage.run(
            ["request", patient, "--purpose", "TREAT"] + by("okafor"),
            expecting: .refused
        )
        try stage.run(
            ["request", patient, "--purpose", "TREAT", "--break-glass", "urgent-care"]
                + by("haddad")
        )
        try stage.run(["audit", "patient", patient] + by("officer"))
    }

    /// The first patient in the log who is not one of the examples'.
    private func strangePatient() throws -> String? {
        let known: Set<String> = ["margaret", "aisyah", "poongodi", "marit", "tomas", "haeun"]
        var query = LogQuery()
        query.kind = "key"
        return try VaultOptions.parse([]).withVault { vault in
            try vault.entries(query, action: "audit-list").lazy
                .flatMap(\.parts).compactMap(\.reference)
                .filter { $0.hasPrefix("Patient/") }
                .map { String($0.dropFirst("Patient/".count)) }
                .first { !known.contains($0) }
        }
    }
}
