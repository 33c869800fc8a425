import Foundation
import MerkleLog
import Testing
import VaultCore

/// Frozen files that this code and docs/verify/verify.py must judge alike for ever.
///
/// `RECORD_SNAPSHOTS=1` writes them and fails. `Vectors/good` must be believed; the files of
/// `Vectors/tampered` begin with the kind of problem that must be found.
struct GoldenFileTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Vectors")

    private static func files(_ name: String) throws -> [URL] {
        let inner = folder.appending(path: name)
        return try FileManager.default.contentsOfDirectory(atPath: inner.path).sorted().map {
            inner.appending(path: $0)
        }
    }

    private static func key(_ name: String) throws -> NoteVerifierKey {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return try NoteVerifierKey(text.trimmingCharacters(in: .newlines))
    }

    @Test func `the frozen files are judged as ever`() throws {
        if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" { try record() }
        let key = try Self.key("log.pub")
        let witness = try Self.key("witness.pub")
        let good = try Self.files("good")
        let tampered = try Self.files("tampered")
        #expect(good.count == 9 && tampered.count == 48)
        for file in good {
            let bytes = Array(try Data(contentsOf: file))
            let verdict = ProofCheck.check(
                bytes,
                key: key,
                witnesses: [witness],
                requiredCosignatures: 1
            )
            #expect(verdict.isValid, "\(file.lastPathComponent): \(verdict.problems)")
        }
        for file in tampered {
            let bytes = Array(try Data(contentsOf: file))
            let expected = file.lastPathComponent.prefix { $0 != "-" }
            let verdict = ProofCheck.check(bytes, key: key)
            #expect(
                verdict.problems.contains { $0.kind.rawValue == expected },
                "\(file.lastPathComponent): \(verdict.problems)"
            )
        }
    }

    @Test func `a log that lost entries proves nothing across the gap, and says so of lists`()
        throws
    {
        let key = try Self.key("lost/log.pub")
        let good = try Self.files("lost/good")
        let tampered = try Self.files("lost/tampered")
        #expect(good.count == 2 && tampered.count == 2)
        for file in good {
            let verdict = ProofCheck.check(Array(try Data(contentsOf: file)), key: key)
            #expect(verdict.isValid, "\(file.lastPathComponent): \(verdict.problems)")
            let isNoted = verdict.notes.contains { $0.contains("entries 17 to 40") }
            #expect(isNoted == (verdict.subject == .history))
        }
        for file in tampered {
            let verdict = ProofCheck.check(Array(try Data(contentsOf: file)), key: key)
            #expect(
                verdict.problems.map(\.kind) == [.heads],
                "\(file.lastPathComponent): \(verdict.problems)"
            )
        }
    }

    @Test func `the frozen files are still written the same way`() throws {
        let log = try SampleLog.filled()
        let good = Self.folder.appending(path: "good")
        let bundle = try ProofBundle(
            parsing: Array(try Data(contentsOf: good.appending(path: "entry.proof")))
        )
        #expect(bundle.entry == (try log.proof(index: 6, section: 2, patient: "anna")))
        let history = try PatientHistoryProof(
            parsing: Array(try Data(contentsOf: good.appending(path: "history.proof")))
        )
        #expect(history.entries == (try log.history(of: "anna")).entries)
        let note = try SignedNote(
            parsing: Array(try Data(contentsOf: good.appending(path: "checkpoint")))
        )
        #expect(try Checkpoint(text: note.text).root == log.tree.root)
        let (later, earlier) = try SampleLog.withHeads()
        func kept(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: good.appending(path: name)))
        }
        let full = try PatientHistoryProof(parsing: try kept("history-with-heads.proof"))
        let written = try later.fullHistory(of: "bo")
        #expect(full.heads == written.heads && full.entries == written.entries)
        let calm = try NotAccessedProof(parsing: try kept("not-accessed-anna.proof"))
        #expect(calm.end == (try later.notAccessed("anna", since: earlier)).end)
    }

    private func record() throws {
        let log = try SampleLog.filled()
        func write(_ bytes: [UInt8], _ path: String) throws {
            let file = Self.folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: file)
        }
        try write(Array("\(log.key.verifier)\n".utf8), "log.pub")
        try write(Array("\(log.witness.verifier)\n".utf8), "witness.pub")
        try write(try log.checkpoint().bytes, "good/checkpoint")
        try write(
            try log.bundle(index: 6, section: 2, patient: "anna").bytes,
            "good/entry.proof"
        )
        try write(try log.bundle(index: 0).bytes, "good/entry-without-patient.proof")
        try write(try log.history(of: "anna").bytes, "good/history.proof")
        let (later, earlier) = try SampleLog.withHeads()
        try write(try later.fullHistory(of: "bo").bytes, "good/history-with-heads.proof")
        for (patient, name) in [("anna", "anna"), ("zoe", "never-seen"), ("yve", "nobody-near")] {
            let proof = try later.notAccessed(patient, since: earlier)
            try write(proof.bytes, "good/not-accessed-\(name).proof")
        }
        try write(try later.chain().bytes, "good/checkpoints.chain")
        for forged in try Tampering.all(of: log) {
            try write(
                forged.bytes,
                "tampered/\(forged.expected.rawValue)-\(forged.name).proof"
            )
        }
        let gap = try SampleLog.withGap()
        try write(Array("\(gap.log.key.verifier)\n".utf8), "lost/log.pub")
        try write(try gap.log.fullHistory(of: "anna").bytes, "lost/good/list.proof")
        try write(
            try gap.log.notAccessed("anna", since: gap.after).bytes,
            "lost/good/window-after.proof"
        )
        try write(
            try gap.log.notAccessed("anna", since: gap.before).bytes,
            "lost/tampered/heads-window-across.proof"
        )
        try write(
            try gap.log.notAccessed("zoe", since: gap.before).bytes,
            "lost/tampered/heads-never-seen-across.proof"
        )
        Issue.record("recorded")
    }
}
