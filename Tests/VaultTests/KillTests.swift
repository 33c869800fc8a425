import Consent
import Foundation
import Guard
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Vault

/// A real process is killed with SIGKILL at writes of an import; the vault opens and verifies again.
struct KillTests {
    private static let resources = [
        Small.condition("c2", of: "a", code: "F32.9"),
        Small.condition("c1", of: "a", code: "E11.9"),
        Small.patient("new"), Small.condition("n1", of: "new"),
    ]

    /// Runs in the child.
    private static func importAndDie(
        _ folder: String,
        _ root: [UInt8],
        _ id: String,
        write: Int,
        after: Bool,
        rows: Bool
    ) throws {
        let hard = try HardVault(attachedTo: folder, root: root, id: id)
        try hard.reopen()
        (rows ? hard.recordFaults : hard.guardFaults).fail(
            after: write,
            after ? .killAfter : .killBefore
        )
        try hard.take(resources)
    }

    @Test func `a process killed at any write of an import leaves all of it or nothing`()
        async throws
    {
        let isLong = ProcessInfo.processInfo.environment["VAULT_LONG_TESTS"] == "1"
        // Guard: key release for the re-labelling, intent with the new patient's key, stored. Rows: one
        // transaction.
        var points: [(write: Int, after: Bool, rows: Bool)] = [
            (0, false, true), (0, true, true), (1, true, false),
        ]
        if isLong {
            for write in 0..<3 { points += [(write, false, false), (write, true, false)] }
        }
        for point in points {
            let hard = try HardVault()
            try hard.take([
                Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
                Small.claim("k1", of: "a", condition: "c2"),
            ])
            let patient = try hard.register(
                "self",
                Requester(kind: .patient, references: ["Patient/a"])
            )
            try hard.close()
            let folder = hard.folder.path
            let root = hard.root.withBytes { Array($0) }
            let id = Hex.encode(hard.id.bytes)
            let (write, after, rows) = point
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [
                    folder = folder as String, root = root as [UInt8], id = id as String,
                    write = write as Int, after = after as Bool, rows = rows as Bool
                ] in
                try Self.importAndDie(folder, root, id, write: write, after: after, rows: rows)
            }
            try hard.reopen()
            #expect(try hard.problems() == [], "\(point)")
            let shown = try hard.everything(of: "a", by: patient)
            let isNew = shown["Condition/c2"] != nil
            #expect(shown["Condition/c1"]?.contains("E11.9") == isNew, "\(point)")
            if rows { #expect(isNew == after, "\(point)") }
            try hard.take(Self.resources)
            #expect(try hard.everything(of: "a", by: patient)["Condition/c2"] != nil)
            #expect(try hard.problems() == [])
        }
    }
}
