import Consent
import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

@testable import Guard

/// Live grants against a list that is looked through each time.
struct GrantTableTests {
    private func grant(_ principal: Int, _ patient: Int, until end: Int64) throws -> GrantTable.Live
    {
        GrantTable.Live(
            principal: try #require(PrincipalID("p\(principal)")),
            patient: PatientPseudonym(high: 1, low: UInt64(patient)),
            factsIndex: 0,
            directoryIndex: 0,
            segments: [],
            end: Instant(seconds: end),
            header: EntryHeader(kind: .decision, time: Instant(seconds: 0)),
            request: AccessRequest(
                requester: Requester(kind: .clinician),
                patient: try #require(RecordID("Patient/\(patient)")),
                purposes: ["TREAT"],
                now: Instant(seconds: 0)
            )
        )
    }

    @Test func `every live grant is known, and those that ended are forgotten`() throws {
        var random = SeededRandom.forTest()
        var table = GrantTable()
        var oracle: [GrantID: GrantTable.Live] = [:]
        for second in Int64(0)..<4_000 {
            let id = try #require(GrantID(bytes: random.bytes(16)))
            let grant = try grant(
                Int.random(in: 0..<4, using: &random),
                Int.random(in: 0..<20, using: &random),
                until: second + Int64.random(in: 1...300, using: &random)
            )
            table.add(id, grant, now: Instant(seconds: second))
            oracle[id] = grant
            switch Int.random(in: 0..<400, using: &random) {
            case 0:
                table.revokeAll(of: grant.principal)
                oracle = oracle.filter { $0.value.principal != grant.principal }
            case 1:
                table.revokeAll(for: [grant.patient])
                oracle = oracle.filter { $0.value.patient != grant.patient }
            case 2:
                table.revokeAll()
                oracle = [:]
            default: break
            }
            oracle = oracle.filter { $0.value.end > Instant(seconds: second) }
            #expect(Set(table.live.keys).isSuperset(of: oracle.keys))
            // The longest life is 300 s and one is added each second: no more can be kept.
            #expect(table.live.count <= 301)
        }
    }
}
