import Consent
import FHIRModel
import Foundation
import MerkleLog
import Sealing
import Testing
import VaultCore
import VaultTestSupport

@testable import Guard
@testable import Vault

/// Who reads a long log keeps nobody from a record.
struct ReadingApartTests {
    @Test func `decisions go on while the log is read, and the reader does not see them`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a"), Small.condition("c1", of: "a")])
        let patient = try hard.register(
            "self",
            Requester(kind: .patient, references: ["Patient/a"])
        )
        let core = try #require(hard.vault.guard as? GuardCore)
        let (before, during) = try core.apart {
            $0.state.frontier.size
        } _: { state, size in
            // Under the Guard's lock this would wait for itself.
            _ = try #require(try hard.request(patient, "a", "PATRQT").released)
            #expect(try core.status(by: .operator).logSize > size)
            var seen: UInt64 = 0
            try state.storage.forEachEntry(in: 0..<UInt64.max >> 1) { _, _ in
                seen += 1
                return true
            }
            #expect(throws: (any Error).self) {
                try state.append(EntryHeader(kind: .system, time: try state.entryTime()))
                try state.commitNow()
            }
            return (size, seen)
        }
        #expect(during == before)
        #expect(try hard.problems() == [])
    }
}
