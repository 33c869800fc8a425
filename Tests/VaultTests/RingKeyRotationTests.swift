import Consent
import Guard
import Sealing
import Testing
import VaultCore

@testable import Vault

/// Keys of the ring are replaced while people work: nothing is lost, and what a former key sealed opens no more.
struct RingKeyRotationTests {
    private let hard: HardVault
    private let own: PrincipalID
    private let officer: PrincipalID

    init() throws {
        hard = try HardVault()
        try hard.take([
            Small.practitioner, Small.patient("a"), Small.condition("c1", of: "a"),
            Small.patient("b"), Small.condition("c2", of: "b"),
        ])
        own = try hard.register("self", Requester(kind: .patient, references: ["Patient/a"]))
        officer = try hard.register("officer", Requester(kind: .securityOfficer))
    }

    private func step(_ key: StepwiseKey, atMost step: Int = 3) throws -> StepwiseProgress {
        let body: JSONValue = ["kind": "keys", "action": .string("rotate-\(key.rawValue)-key")]
        return try hard.vault.localGuard().rotateStepwise(
            key,
            root: hard.root,
            step: step,
            by: try hard.signed(officer, body),
            context: CallContext()
        )
    }

    private func rotate(_ key: StepwiseKey) throws {
        while try !step(key, atMost: 100).isFinished {}
    }

    private func expectEveryEntryOpens() throws {
        let core = try hard.vault.localGuard()
        let size = try core.status(by: .operator).logSize
        for index in 0..<size {
            let entry = try core.entry(at: index, by: .operator, context: CallContext())
            #expect(entry.header["kind"]?.string == entry.kind, "entry \(index)")
        }
        #expect(try !core.historyProof(of: .id(#require(FHIRID("a"))), by: .operator).isEmpty)
    }

    @Test(arguments: StepwiseKey.allCases)
    func `a key is replaced step by step while people work, across a crash`(key: StepwiseKey) throws
    {
        let truth = try hard.everything(of: "a", by: own)
        var (steps, renewed) = (0, 0)
        var isFinished = false
        while !isFinished {
            let progress = try step(key)
            isFinished = progress.isFinished
            renewed += progress.renewed
            steps += 1
            switch steps {
            case 1: #expect(progress.renewed == 0 && !progress.isFinished)
            case 2:
                #expect(try hard.problems() == [])
                #expect(try hard.everything(of: "a", by: own) == truth)
                try hard.take([Small.patient("c"), Small.condition("c3", of: "c")])
            case 3:
                hard.drop()
                try hard.reopen()
            default: break
            }
        }
        #expect(renewed >= (key == .audit ? 3 : 30) && steps > renewed / 3)
        #expect(try hard.problems() == [])
        #expect(try hard.everything(of: "a", by: own) == truth)
        try expectEveryEntryOpens()
        try hard.close()
        try hard.reopen()
        #expect(try hard.problems() == [])
        try expectEveryEntryOpens()
        // And again: the next generation begins where this one ended.
        try rotate(key)
        #expect(try hard.problems() == [])
    }

    @Test func `what the former state key sealed opens no more when it is put back`() throws {
        let query = "SELECT hex(value) FROM items WHERE kind = 2 AND key = CAST('self' AS BLOB)"
        try hard.close()
        let before = try #require(try hard.column(hard.guardPath, query).first)
        try hard.reopen()
        try rotate(.state)
        try hard.close()
        #expect(try hard.column(hard.guardPath, query).first != before)
        try hard.alter(
            hard.guardPath,
            "UPDATE items SET value = x'\(before)' WHERE kind = 2 AND key = CAST('self' AS BLOB)"
        )
        try hard.reopen()
        // The same value under the present key would not be a problem at all.
        #expect(try hard.problems().contains { $0.detail.contains("was altered") })
    }

    @Test func `the key that wraps shard keys is replaced in one commit`() throws {
        let truth = try hard.everything(of: "a", by: own)
        let query =
            "SELECT hex(value) FROM items WHERE kind = 14 AND key = CAST('shard-wrapping' AS BLOB)"
        try hard.close()
        let before = try hard.column(hard.guardPath, query)
        try hard.reopen()
        let body: JSONValue = ["kind": "keys", "action": "rotate-shard-wrapping"]
        _ = try hard.vault.localGuard().rotateShardWrapping(
            root: hard.root,
            by: try hard.signed(officer, body),
            context: CallContext()
        )
        #expect(try hard.everything(of: "a", by: own) == truth)
        try hard.close()
        #expect(try hard.column(hard.guardPath, query) != before)
        try hard.reopen()
        #expect(try hard.problems() == [])
        #expect(try hard.everything(of: "a", by: own) == truth)
    }

    @Test func `only keepers of keys may, and another root key is refused`() throws {
        let core = try hard.vault.localGuard()
        #expect(throws: GuardError.self) {
            try core.rotateStepwise(
                .state,
                root: hard.root,
                by: hard.signed(own, ["kind": "keys", "action": "rotate-state-key"]),
                context: CallContext()
            )
        }
        #expect(throws: (any Error).self) {
            try core.rotateStepwise(
                .audit,
                root: SecretKey.random(),
                by: .operator,
                context: CallContext()
            )
        }
        #expect(try hard.problems() == [])
    }

    @Test func `the root key is replaced while a former key is still in the ring`() throws {
        _ = try step(.state)
        _ = try step(.state)
        let next = try SecretKey.random()
        _ = try hard.vault.localGuard().rotateRoot(
            to: next,
            by: .operator,
            context: CallContext()
        )
        #expect(try hard.problems() == [])
        // The old root ends nothing any more, and leaves everything as it is.
        #expect(throws: (any Error).self) { try rotate(.state) }
        #expect(try hard.problems() == [])
    }
}
