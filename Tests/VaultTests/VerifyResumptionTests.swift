import Consent
import Guard
import Testing
import VaultCore

@testable import Vault

/// A verification that was stopped goes on, and finds what one that was not stopped finds.
struct VerifyResumptionTests {
    private struct Stopped: Error {}

    private let hard: HardVault

    init() throws {
        hard = try HardVault()
        try hard.take([Small.practitioner])
        for name in ["a", "b", "c", "d", "e", "f"] {
            try hard.take([Small.patient(name), Small.condition("c-\(name)", of: name)])
        }
        // So that `close` has nothing to add.
        _ = try hard.vault.localGuard().checkpoint()
    }

    /// What is kept, and what was said.
    private final class Place {
        var file: [UInt8]?
        var said: [String] = []
        var kept = 0
        var stopsAfter = Int.max

        func resumption(resuming: Bool) -> VerifyResumption {
            VerifyResumption(
                earlier: resuming ? file : nil,
                say: { self.said.append($0) },
                keep: { bytes in
                    self.file = bytes
                    self.kept += 1
                    if self.kept >= self.stopsAfter { throw Stopped() }
                }
            )
        }
    }

    private func verify(_ place: Place, resuming: Bool) throws -> VerifyReport {
        try hard.vault.verify(
            versionsAtOnce: 3,
            resumption: place.resumption(resuming: resuming)
        )
    }

    /// Runs until something was kept so often, and stops there.
    private func stop(after count: Int) throws -> Place {
        let place = Place()
        place.stopsAfter = count
        #expect(throws: Stopped.self) { try verify(place, resuming: false) }
        place.kept = 0
        place.stopsAfter = .max
        return place
    }

    @Test func `it goes on where it was, and counts the same`() throws {
        let whole = try hard.vault.verify(versionsAtOnce: 3)
        let undisturbed = Place()
        _ = try verify(undisturbed, resuming: false)
        let steps = undisturbed.kept
        #expect(steps >= 4)
        for count in 1..<steps {
            let place = try stop(after: count)
            let report = try verify(place, resuming: true)
            #expect(report.problems == [] && report.entries == whole.entries)
            #expect(report.versions == whole.versions)
            #expect(place.said.count == 1 && place.said[0].contains("taken up at entry"))
            #expect(report.notes.contains(place.said[0]))
            // The hashes once more to the end, which is there already, and the shares that were left.
            #expect(place.kept < steps || count == 1)
        }
    }

    @Test func `the hashes are compared step by step, and what is damaged later is found`() throws {
        let core = try hard.vault.localGuard()
        let size = try core.status(by: .operator).logSize
        var progress = VerificationProgress(began: try core.incidentTime(), shareCount: 1)
        #expect(try !core.auditTree(&progress, step: 7, by: .operator))
        #expect(progress.entries == 7 && progress.problems == [])
        let file = try core.sealed(progress, by: .operator)
        try hard.close()
        for (index, isSeen) in [(3, false), (Int(size) - 2, true)] {
            let copy = try HardVault(copying: hard)
            try copy.alter(
                copy.guardPath,
                "UPDATE entries SET bytes = CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB) WHERE idx = \(index)"
            )
            try copy.reopen()
            let other = try copy.vault.localGuard()
            guard case .goesOn(var later) = try other.takeUp(file, by: .operator) else {
                Issue.record("the progress was not taken up")
                continue
            }
            while try !other.auditTree(&later, step: 7, by: .operator) {}
            #expect(later.entries == size)
            // What was looked at before is not looked at again, and the note says so; the replay reads it all.
            #expect(later.problems.isEmpty != isSeen, "entry \(index): \(later.problems)")
            #expect(try !copy.problems().isEmpty)
        }
    }

    @Test func `progress that was altered, or is another log's, is said and not used`() throws {
        let place = try stop(after: 2)
        let good = try #require(place.file)
        var altered = good
        altered[altered.count / 2] ^= 1
        place.file = altered
        #expect(try verify(place, resuming: true).problems == [])
        #expect(place.said.count == 1 && place.said[0].contains("altered"))

        // An older copy of the folder has a shorter log, and one that went its own way has another.
        try hard.close()
        let older = try HardVault(copying: hard)
        try hard.reopen()
        try hard.take([Small.condition("later", of: "a")])
        let newer = try stop(after: 2)
        try older.reopen()
        let core = try older.vault.localGuard()
        let expected = VerificationTakeUp.startsOver(
            "the log does not go on from the one that was looked at"
        )
        #expect(try core.takeUp(#require(newer.file), by: .operator) == expected)
        for number in 0..<4 { try older.take([Small.condition("own-\(number)", of: "b")]) }
        #expect(try core.takeUp(#require(newer.file), by: .operator) == expected)
        let other = try HardVault()
        guard case .startsOver = try other.vault.localGuard().takeUp(good, by: .operator) else {
            Issue.record("another vault's progress was taken up")
            return
        }
    }

    @Test func `shares about which there are newer entries are looked at again`() throws {
        let undisturbed = Place()
        _ = try verify(undisturbed, resuming: false)
        let place = try stop(after: undisturbed.kept - 1)
        let core = try hard.vault.localGuard()
        func taken() throws -> VerificationProgress? {
            guard
                case .goesOn(let progress) = try core.takeUp(
                    try #require(place.file),
                    by: .operator
                )
            else { return nil }
            return progress
        }
        let before = try #require(try taken())
        #expect(before.shares.count >= 2 && before.shares.contains(0))
        try hard.take([Small.condition("new", of: "a")])
        let after = try #require(try taken())
        #expect(!after.shares.contains(0) && after.shares.count < before.shares.count)
        let report = try verify(place, resuming: true)
        #expect(report.problems == [])
        #expect(report.entries == (try core.status(by: .operator).logSize))
    }

    @Test func `what was found before it was stopped is told when it goes on`() throws {
        try hard.close()
        try hard.alter(hard.guardPath, "UPDATE entries SET bytes = x'00' WHERE idx = 4")
        try hard.reopen()
        let place = try stop(after: 1)
        let report = try verify(place, resuming: true)
        #expect(report.problems.contains { $0.detail == "entry 4 is malformed" })
    }
}
