import Foundation
import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

struct ProofTests {
    private let log: SampleLog

    init() throws {
        log = try SampleLog.filled()
    }

    private func check(_ bytes: [UInt8], required: Int = 0) -> ProofVerdict {
        ProofCheck.check(
            bytes,
            key: log.key.verifier,
            witnesses: [log.witness.verifier],
            requiredCosignatures: required
        )
    }

    @Test func `every entry's bundle is believed and shows header and one part`() throws {
        for (patient, places) in log.places {
            for place in places {
                let bundle = try log.bundle(
                    index: place.index,
                    section: place.section,
                    patient: patient
                )
                #expect(try ProofBundle(parsing: bundle.bytes) == bundle)
                let verdict = check(bundle.bytes, required: 1)
                #expect(verdict.isValid && verdict.subject == .entry, "\(verdict.problems)")
                #expect(verdict.entries.first?.header?.actor == "dr-lind")
                #expect(verdict.entries.first?.parts.map(\.patient) == [patient])
                #expect(verdict.cosignatures.compactMap(\.timestamp) == [1_795_334_500])
            }
        }
        #expect(check(try log.bundle(index: 0).bytes).isValid)
    }

    @Test func `a bundle of a shared entry shows nothing of the other patients`() throws {
        let bundle = try log.bundle(index: 6, section: 2, patient: "anna")
        let text = String(decoding: bundle.bytes, as: UTF8.self)
        #expect(text.contains("anna") && !text.contains("dag") && !text.contains("\"bo\""))
        let closed = text.split(separator: "\n").filter { $0.hasPrefix("section ") }
        #expect(closed.count == 4 && closed.allSatisfy { $0.utf8.count == 8 + 88 })
    }

    @Test func `every patient's history is believed down to the first entry`() throws {
        for (patient, places) in log.places {
            let history = try log.history(of: patient)
            #expect(try PatientHistoryProof(parsing: history.bytes) == history)
            let verdict = check(history.bytes, required: 1)
            #expect(verdict.isValid && verdict.subject == .history, "\(verdict.problems)")
            #expect(verdict.entries.map { Int($0.index) } == places.reversed().map(\.index))
            #expect(verdict.notes.count == 1)
        }
    }

    @Test func `every tampering is found and named`() throws {
        for forged in try Tampering.all(of: log) {
            let verdict = check(forged.bytes)
            #expect(!verdict.isValid, "\(forged.name)")
            #expect(
                verdict.problems.contains { $0.kind == forged.expected },
                "\(forged.name): \(verdict.problems)"
            )
        }
    }

    @Test func `a bundle with a byte changed anywhere is not believed`() throws {
        let good = try log.bundle(index: 3, section: 1, patient: "anna")
        let bytes = good.bytes
        let text = String(decoding: bytes, as: UTF8.self)
        let line = SignedNote.parts(good.checkpoint).witness
        let cosignature = try #require(text.range(of: line))
        // Without trusted witnesses their lines are ignored, as the specification demands.
        let covered = text.utf8.distance(from: text.startIndex, to: cosignature.lowerBound)
        var believed: [Int] = []
        for place in stride(from: 0, to: covered, by: 3) {
            var changed = bytes
            changed[place] ^= 1
            if ProofCheck.check(changed, key: log.key.verifier).isValid { believed.append(place) }
        }
        #expect(believed.isEmpty)
    }

    @Test func `another log's key, a witness's key or too few witnesses are refused`() throws {
        let bytes = try log.bundle(index: 3, section: 1, patient: "anna").bytes
        let stranger = try NoteSigningKey(
            name: SampleLog.origin,
            seed: [UInt8](repeating: 9, count: 32)
        )
        #expect(
            ProofCheck.check(bytes, key: stranger.verifier).problems.map(\.kind) == [.signature]
        )
        #expect(
            ProofCheck.check(bytes, key: log.witness.verifier).problems.map(\.kind)
                == [.signature, .origin]
        )
        #expect(check(bytes, required: 2).problems.map(\.kind) == [.witnesses])
        let alone = ProofBundle(
            entry: try log.proof(index: 3),
            checkpoint: try log.checkpoint(isCosigned: false)
        )
        #expect(check(alone.bytes, required: 1).problems.map(\.kind) == [.witnesses])
    }

    @Test func `random bytes and random lines never crash the checker`() {
        var random = SeededRandom.forTest()
        let words = [
            "\(ProofBundle.firstLine)\n", "\(PatientHistoryProof.firstLine)\n", "index 1\n",
            "frame AQIDBAUGBwgJCgAAAAE=\n", "section \n", "open 0  \n", "path \n", "\n",
            "heads none\n", "entries 9223372036854775806\n", "\u{2014} a AAAA\n", "0\n",
        ]
        var believed = 0
        for _ in 0..<2000 {
            var file: [UInt8] = []
            for _ in 0..<Int(random.next() % 12) {
                file += words[Int(random.next() % UInt64(words.count))].utf8
                if random.next() % 4 == 0 { file += random.bytes(Int(random.next() % 9)) }
            }
            if check(file).isValid { believed += 1 }
        }
        #expect(believed == 0)
    }

    @Test func `an opening that would break a line is never written`() throws {
        let entry = log.entries[0]
        let opening = SectionOpening(
            number: 0,
            blinding: [UInt8](repeating: 0, count: 32),
            part: Array("{\n}".utf8)
        )
        #expect(throws: MerkleLogError.malformedPart) {
            try EntryProof(
                index: 0,
                entry: entry,
                openings: [opening],
                size: 16,
                reader: log.hashes
            )
        }
    }

    @Test func `the C2SP form has the same path and checkpoint`() throws {
        let bundle = try log.bundle(index: 3)
        let lines = bundle.tlogProof.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "c2sp.org/tlog-proof@v1" && lines[1] == "index 3")
        #expect(lines[2..<6].map(String.init) == bundle.entry.path.map(\.base64))
        #expect(lines[6] == "" && bundle.tlogProof.hasSuffix(bundle.checkpoint.description))
    }
}
