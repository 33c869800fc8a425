import FHIRModel
import Foundation
import Testing
import VaultCore
import VaultTestSupport

/// Real files, damaged at random: refused or read, never a crash.
struct DamageTests {
    @Test(.enabled(if: SharedData.isExpected))
    func `damaged files never crash the two passes`() throws {
        var random = SeededRandom.forTest()
        var outcome = (read: 0, refused: 0)
        let files = try SharedData.files(below: "fhir-r4-examples", suffix: ".json")
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            guard bytes.count < 20_000 else { continue }
            for _ in 0..<6 {
                let damaged = damage(bytes, &random)
                if (try? readAll(damaged)) != nil {
                    outcome.read += 1
                } else {
                    outcome.refused += 1
                }
            }
        }
        print("damaged files: \(outcome)")
        #expect(outcome.read + outcome.refused > 1000)
        #expect(outcome.refused > 100)
    }

    /// Swaps one value or one name for another of the same file, so that the JSON often stays well-formed.
    private func damage(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var parts = bytes.split(separator: 0x22, omittingEmptySubsequences: false).map(Array.init)
        for _ in 0...Int.random(in: 0...3, using: &random) {
            let one = Int.random(in: 0..<parts.count, using: &random)
            let other = Int.random(in: 0..<parts.count, using: &random)
            parts.swapAt(one, other)
        }
        return Array(parts.joined(separator: [0x22]))
    }

    private func readAll(_ bytes: [UInt8]) throws {
        let source = MemorySource(bytes)
        let file = try FHIRFile(source, windowByteCount: 100)
        guard file.entriesWithoutID.isEmpty else { return }
        var reader = FHIRFileReader(file, source, windowByteCount: 100)
        while let resource = try reader.nextResource() {
            let document = resource.document
            let owner = reader.summary.ownership(in: document)
            _ = reader.summary.mentionedPatients(in: document, besides: owner)
            _ = reader.summary.category(in: document)
            for text in reader.summary.texts { _ = document.string(text.text) }
        }
    }
}
