import Sealing
import Testing
import VaultCore

@testable import Guard

/// What stands in docs/design/guard-protocol.md about keys over a wire, byte for byte, for ever.
struct WireFormTests {
    private func hex(_ value: some WireValue) -> String {
        var out = WireWriter()
        out.put(value)
        return Hex.encode(out.finish())
    }

    private func reads<Value: WireValue>(_ text: String, as type: Value.Type) throws -> Value {
        var wire = WireReader(try #require(Hex.decode(text)))
        let value: Value = try wire.take()
        try wire.end()
        return value
    }

    @Test func `an operation keeps its number`() {
        let numbers: [GuardOperation: UInt8] = [
            .hello: 1, .time: 2, .checkpoint: 3, .status: 4, .witnessRequest: 5, .release: 20,
            .recordDisclosure: 21, .entries: 60, .audit: 66, .auditLog: 67, .notAccessedProof: 68,
            .checkpointChain: 69, .erase: 70, .erasedPatients: 71, .custody: 72, .setCustody: 73,
            .beginKeyRotation: 74, .rotateNextShard: 75, .pseudonym: 76, .recordIncident: 80,
            .residents: 94, .accessLog: 110, .issueToken: 125,
            .enrolSubject: 19, .exchangeIdentity: 128, .authorizedApps: 138, .withdrawApp: 139,
        ]
        for (operation, number) in numbers { #expect(operation.rawValue == number) }
        // Those from 200 on are the keepers'.
        #expect(GuardOperation.allCases.allSatisfy { $0.rawValue < 200 })
    }

    @Test func `an app that was let in is told in ten values`() throws {
        let app = AuthorizedApp(
            id: "Consent/a",
            names: ["B"],
            recipient: "C",
            categories: ["notes"],
            scopes: try #require(ClientScope("patient/*.rs").map { [$0] }),
            purposes: ["PATRQT"],
            patient: nil,
            granted: Instant(microseconds: 1),
            lastUsed: nil,
            end: Instant(microseconds: 2)
        )
        let text =
            "00000009436f6e73656e742f61" + "000000010000000142" + "0000000143"
            + "00000001000000056e6f746573" + "000000010000000c70617469656e742f2a2e7273"
            + "0000000100000006504154525154" + "00" + "010000000000000001" + "00"
            + "010000000000000002"
        #expect(hex(app) == text)
        #expect(try reads(text, as: AuthorizedApp.self) == app)
    }

    @Test func `a row to be sealed anew is 56 bytes`() throws {
        let row = RotationRow(
            number: 7,
            version: 2,
            record: RecordTag(high: 1, low: 2),
            segment: SegmentTag(high: 3, low: 4),
            epoch: Epoch(high: 5, low: 6)
        )
        let text =
            "0000000700000002" + "00000000000000010000000000000002"
            + "00000000000000030000000000000004" + "00000000000000050000000000000006"
        #expect(hex(row) == text)
        #expect(try reads(text, as: RotationRow.self) == row)
        #expect(throws: WireError.self) {
            try reads(String(text.dropLast(2)), as: RotationRow.self)
        }
    }

    @Test func `a plan carries each key beside what it opens`() throws {
        let (opener, writer) = (
            try SecretKey(copying: [UInt8](repeating: 0xAA, count: 32)),
            try SecretKey(copying: [UInt8](repeating: 0xBB, count: 32))
        )
        let old = SegmentTag(high: 0, low: 9)
        let plan = KeyRotationPlan(
            session: WriteSessionID(high: 0, low: 1),
            pseudonym: PatientPseudonym(high: 0, low: 2),
            epoch: Epoch(high: 0, low: 3),
            openers: [
                KeyRotationPlan.Place(segment: old, epoch: Epoch(high: 0, low: 4)): opener
            ],
            targets: [
                old: KeyRotationPlan.Target(
                    segment: SegmentTag(high: 0, low: 8),
                    writeKey: writer
                )
            ]
        )
        func tag(_ low: Int) -> String { String(repeating: "0", count: 31) + "\(low)" }
        let text =
            tag(1) + tag(2) + tag(3) + "00000001" + tag(9) + tag(4)
            + String(repeating: "aa", count: 32) + "00000001" + tag(9) + tag(8)
            + String(repeating: "bb", count: 32)
        #expect(hex(plan) == text)
        let again = try reads(text, as: KeyRotationPlan.self)
        #expect(again.openers == plan.openers && again.session == plan.session)
        #expect(again.targets[old]?.writeKey == writer)
        // More keys than there are bytes for are no message.
        let lie = text.replacing("00000001" + tag(9) + tag(4), with: "00ffffff" + tag(9) + tag(4))
        #expect(throws: WireError.self) { try reads(lie, as: KeyRotationPlan.self) }
    }

    @Test func `progress, parts and custody keys read back, anything else does not`() throws {
        let progress = ShardProgress(done: 1, count: 2, rewrapped: 3)
        let text = "000000000000000100000000000000020000000000000003"
        #expect(hex(progress) == text)
        #expect(try reads(text, as: ShardProgress.self) == progress)
        #expect(hex(BackupPart.keys) == "000000046b657973")
        #expect(try reads("000000046b657973", as: BackupPart.self) == .keys)
        #expect(throws: WireError.self) { try reads("000000046b657971", as: BackupPart.self) }
        #expect(throws: WireError.self) { try reads("00000002abcd", as: CustodyPublicKey.self) }
    }
}
