import Consent
import Foundation
import Guard
import Testing
import VaultCore

@testable import Vault

/// Rules that are replaced while others ask: every decision is made by one set, the one that the log named last.
struct PolicyReloadRaceTests {
    @Test func `decisions beside reloads name the rules that made them, and are theirs`()
        async throws
    {
        let harness = try VaultHarness()
        _ = try harness.importExample("directory.json")
        _ = try harness.importExample("en-margaret-whitfield.json")
        let doctor = try harness.register(
            "okafor",
            Requester(kind: .clinician, references: ["Practitioner/prac-us-okafor"])
        )
        let core = try harness.vault.localGuard()
        let caller = try harness.session(doctor)
        let patient = try #require(PatientDesignation("margaret"))
        let request = ReleaseRequest(patient: patient, purposes: ["TREAT"])
        let folder = VaultHarness.project.appending(path: "Policies")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let all = try PolicySet.ruleFiles(among: names).map { name in
            PolicySet.File(
                name: name,
                text: try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            )
        }
        let without = all.filter { $0.name != "providers.yaml" }
        let broken = without + [PolicySet.File(name: "providers.yaml", text: "rules: 7\n")]
        let permitting = core.policyDigest

        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<40 { _ = try core.release(request, by: caller) }
                }
            }
            group.addTask {
                for turn in 0..<10 {
                    let files = turn.isMultiple(of: 2) ? without : all
                    #expect(throws: ConsentError.self) {
                        try core.reload(broken, context: CallContext())
                    }
                    #expect(try core.reload(files, context: CallContext()))
                    #expect(try !core.reload(files, context: CallContext()))
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            try await group.waitForAll()
        }

        #expect(core.policyDigest == permitting)
        var query = LogQuery()
        query.action = "audit-list"
        let entries = try core.entries(query, by: .operator)
        var named = permitting
        var changes = 0
        var outcomes: [String: Int] = [:]
        for entry in entries.sorted(by: { $0.index < $1.index }) {
            guard let digest = entry["policyDigest"], digest != "unknown" else { continue }
            if entry.kind == "system" {
                if entry["action"] == "policies" { changes += 1 }
                named = digest
            } else if entry.kind == "decision", let decision = entry["decision"] {
                #expect(digest == named, "entry \(entry.index)")
                #expect((decision == "permit") == (digest == permitting), "entry \(entry.index)")
                outcomes[decision, default: 0] += 1
            }
        }
        #expect(changes == 10)
        #expect(outcomes.values.reduce(0, +) == 120, "\(outcomes)")
    }
}
