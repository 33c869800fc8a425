internal import BreachResponse
internal import Guard
internal import MerkleLog
internal import Sealing
internal import Vault
internal import VaultCore

/// A drill or a check of knowledge in the vault's own log: a drill case that says what was rehearsed.
struct DrillRecord {
    let open: OpenVault
    let person: KeyPerson

    /// Records one drill.
    func write(_ row: JSONValue) throws {
        let name = row["scenario"]?.string ?? "drill"
        try report(
            prefix: "drill",
            text: "drill `\(name)` was \(row["ok"] == true ? "passed" : "not passed")",
            more: [
                .init("scenario", .string(name)), .init("passed", row["ok"] ?? false),
                .init("percent", row["score"]?["percent"] ?? 0),
                .init("result", .string(TreeHasher.leafHash(row.bytes).description)),
            ]
        )
    }

    /// Opens a drill case of its own; anybody may, and nothing else follows on it.
    func report(prefix: String, text: String, more: [JSONValue.Member]) throws {
        let now = try open.core.incidentTime()
        let digits = Hex.encode(SystemRandom().bytes(3))
        let id = "\(prefix)-\(now.description.prefix(10))-\(digits)"
        let before = Incident(id: id, isDrill: true)
        let artefacts: [JSONValue.Member] = [
            .init("report", .string(text)), .init("knownSince", .string(now.description)),
            .init("shouldHaveKnownSince", .string(now.description)),
        ]
        let step = try open.service.take(
            .report,
            in: before,
            artefacts: .object(artefacts + more),
            by: [person],
            context: open.context
        )
        if case .refused(let reasons) = step {
            throw Complaint.badInput(
                "the drill could not be recorded: \(reasons.map(\.message).joined(separator: "; "))",
                hint: "run it without `--as`, or with an officer's key"
            )
        }
    }
}
