import Testing
import VaultCore

@testable import Guard
@testable import Vault

/// What a walk takes an entry for whose sections open but are not what the leaf commits to.
struct EntryOpenerTests {
    /// An entry of one patient, and its index.
    private func entry(_ state: GuardState) throws -> (index: UInt64, bytes: [UInt8]) {
        var found: [(UInt64, [UInt8])] = []
        try state.storage.forEachEntry(in: 0..<UInt64.max >> 1) { index, bytes in
            // The last four bytes of the frame are how many sections there are.
            if bytes[13] == 2 { found.append((index, Array(bytes))) }
            return true
        }
        return try #require(found.last)
    }

    @Test func `what is told in full must be what its leaf commits to`() throws {
        let hard = try HardVault()
        try hard.take([Small.patient("a")])
        let core = try hard.vault.core
        let digest = core.policyDigest
        try core.exclusively { mutable in
            let state = mutable.state
            let (index, bytes) = try entry(state)
            func slice(_ bytes: [UInt8], _ through: AccessFilter) -> WalkSlice {
                let query = AccessLogQuery(
                    from: Instant(microseconds: 0),
                    until: hard.clock.now().advanced(by: .seconds(60)),
                    through: through
                )
                var batch = EntryBatch()
                bytes.withUnsafeBytes { batch.append(index, $0) }
                return EntryOpener(state: state, query: query, policyDigest: digest)
                    .slice(0..<1, of: batch)
            }
            let whole = slice(bytes, .everything)
            #expect(whole.entries[0].isOpen && whole.parts[0].isOpen)

            // The commitments of header and part stand behind the section's length of four bytes.
            let length = bytes[14..<18].reduce(0) { $0 << 8 | Int($1) }
            var (header, part) = (bytes, bytes)
            header[14 + 4] ^= 1
            part[14 + 4 + 32 + length + 4] ^= 1
            #expect(!slice(header, .everything).entries[0].isOpen)
            #expect(slice(part, .everything).entries[0].isOpen)
            #expect(!slice(part, .everything).parts[0].isOpen)
            // Of what is only counted nothing is shown to anybody; `verify` looks at all commitments.
            #expect(slice(header, .nothing).entries[0].isOpen)
            #expect(slice(part, .nothing).parts[0].isOpen)
            // A byte of what is sealed is noticed everywhere.
            var sealed = bytes
            sealed[sealed.count - 20] ^= 1
            #expect(!slice(sealed, .nothing).parts[0].isOpen)
        }
    }
}
