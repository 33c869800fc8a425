import MerkleLog
import Testing
import VaultCore
import VaultTestSupport

struct NoteTests {
    private let log: NoteSigningKey
    private let witness: NoteSigningKey
    private let note: SignedNote

    init() throws {
        log = try NoteSigningKey(name: "vault.example/log", seed: [UInt8](repeating: 1, count: 32))
        witness = try NoteSigningKey(
            name: "witness.example/w",
            seed: [UInt8](repeating: 2, count: 32),
            algorithm: .cosignatureV1
        )
        note = try Checkpoint(
            origin: "vault.example/log",
            size: 7,
            root: TreeHasher.leafHash([7])
        ).signed(with: log)
    }

    @Test func `a key's text form is read back and checked against its hash`() throws {
        let text = log.verifier.description
        let key = try NoteVerifierKey(text)
        #expect(key == log.verifier)
        let cosigner = try NoteVerifierKey(witness.verifier.description)
        #expect(cosigner.algorithm == .cosignatureV1)
        for wrong in [
            "", "+", "a+b+c", "x" + text, text + "=", text + "\n", "vault.example/log",
            text.replacing("vault", with: "vau lt"), String(text.dropLast()),
            "+00000000+" + (text.split(separator: "+").last ?? ""),
        ] {
            #expect(throws: MerkleLogError.self) { try NoteVerifierKey(wrong) }
        }
        #expect(throws: MerkleLogError.unsupportedAlgorithm(2)) {
            try NoteVerifierKey(
                "a+00000000+\(Base64.encode([2] + [UInt8](repeating: 0, count: 32)))"
            )
        }
        #expect(throws: MerkleLogError.malformedKey) {
            try NoteSigningKey(name: "a", seed: [1, 2, 3])
        }
        #expect("\(log)" == "<redacted>")
    }

    @Test func `a note is printed exactly as it was read`() throws {
        let bytes = note.bytes
        #expect(try SignedNote(parsing: bytes) == note)
        #expect(try SignedNote(parsing: bytes).bytes == bytes)
        let blank = try SignedNote(text: "one\n\ntwo\n", signatures: note.signatures)
        #expect(try SignedNote(parsing: blank.bytes).text == "one\n\ntwo\n")
    }

    @Test func `what is not exactly a note is refused`() throws {
        let text = note.description
        let line = note.signatures[0].line
        let wrong = [
            "", "\n", "\n\n", "text\n", "text\n\n", String(text.dropLast()), text + "\n",
            text + "x\n", text + " " + line, text.replacing("\u{2014}", with: "-"),
            text.replacing("\n\n", with: "\n"), text.replacing("\u{2014} ", with: "\u{2014}  "),
            text.replacing("\n", with: "\r\n"), "\u{1}" + text, text.replacing("=\n", with: "\n"),
            "text\n\n\u{2014} a AAAA\n", "text\n\n\u{2014} a+b AAAAAAA=\n",
            "text\n\n\u{2014}  AAAAAAA=\n", "text\n\n" + String(repeating: line, count: 129),
        ]
        for (place, text) in wrong.enumerated() {
            let result = try? SignedNote(parsing: Array(text.utf8))
            #expect(result == nil, "row \(place)")
        }
        #expect(throws: MerkleLogError.malformedNote) {
            try SignedNote(parsing: note.bytes.map { $0 == 0x76 ? 0xFF : $0 })
        }
    }

    @Test func `a known key's signature counts and unknown ones are ignored`() throws {
        var many = note
        for n in 0..<20 {
            many.add(NoteSignature(name: "other.example/\(n)", keyID: 9, signature: [1]))
        }
        let other = NoteSignature(
            name: log.verifier.name,
            keyID: log.verifier.keyID ^ 1,
            signature: [1, 2]
        )
        many.add(other)
        let verdict = try SignedNote(parsing: many.bytes).verify([log.verifier])
        #expect(verdict.isAccepted && verdict.unknownCount == 21)
        #expect(!note.verify([witness.verifier]).isAccepted)
        #expect(!note.verify([]).isAccepted)
        var bad = note
        bad.add(
            NoteSignature(
                name: log.verifier.name,
                keyID: log.verifier.keyID,
                signature: [UInt8](repeating: 0, count: 64)
            )
        )
        #expect(!bad.verify([log.verifier]).isAccepted)
    }

    @Test func `a changed text is refused at every byte`() throws {
        let text = Array(note.text.utf8)
        var accepted = 0
        for place in text.indices where text[place] != 0x0A {
            var changed = text
            changed[place] ^= 1
            guard
                let other = try? SignedNote(
                    text: String(decoding: changed, as: UTF8.self),
                    signatures: note.signatures
                )
            else { continue }
            if other.verify([log.verifier]).isAccepted { accepted += 1 }
        }
        #expect(accepted == 0)
    }

    @Test func `a cosignature verifies with its time and with no other`() throws {
        var cosigned = note
        cosigned.add(try note.cosignature(with: witness, timestamp: 1_679_315_147))
        let keys = [log.verifier, witness.verifier]
        let verdict = try SignedNote(parsing: cosigned.bytes).verify(keys)
        #expect(verdict.isAccepted && verdict.verified.count == 2)
        #expect(verdict.verified.compactMap(\.timestamp) == [1_679_315_147])
        let line = cosigned.signatures[1]
        for place in line.signature.indices {
            var bytes = line.signature
            bytes[place] ^= 0x80
            var changed = note
            changed.add(NoteSignature(name: line.name, keyID: line.keyID, signature: bytes))
            #expect(changed.verify(keys).invalid == [witness.verifier])
        }
        #expect(throws: MerkleLogError.unsupportedAlgorithm(1)) {
            try note.cosignature(with: log, timestamp: 1)
        }
        #expect(throws: MerkleLogError.outOfRange) {
            try note.cosignature(with: witness, timestamp: .max)
        }
        #expect(throws: MerkleLogError.unsupportedAlgorithm(4)) {
            var copy = note
            try copy.sign(with: witness)
        }
    }

    @Test func `an ML-DSA signature is known and reported as not verified`() throws {
        let key = try NoteVerifierKey(
            name: "pq.example",
            algorithm: .mldsa44,
            publicKey: [UInt8](repeating: 3, count: 1312)
        )
        #expect(try NoteVerifierKey(key.description) == key)
        var signed = note
        signed.add(
            NoteSignature(
                name: key.name,
                keyID: key.keyID,
                signature: [UInt8](repeating: 0, count: 2428)
            )
        )
        let verdict = signed.verify([log.verifier, key])
        #expect(verdict.unsupported == [key] && verdict.isAccepted)
        #expect(!signed.verify([key]).isAccepted)
    }

    @Test func `a checkpoint is read strictly`() throws {
        let root = TreeHasher.leafHash([]).base64
        for good in ["o\n0\n\(root)\n", "o\n12\n\(root)\nmore\nlines\n"] {
            #expect(try Checkpoint(text: good).text == good)
        }
        for wrong in [
            "", "o\n0\n", "o\n0\n\(root)", "o\n00\n\(root)\n", "o\n+1\n\(root)\n",
            "o\n-1\n\(root)\n", "\n1\n\(root)\n", "o\n1\n\(root.dropLast())\n",
            "o\n1\n\(root)\n\n", "o\n99999999999999999999\n\(root)\n", "o\n1 \n\(root)\n",
            "o\n9223372036854775808\n\(root)\n",
        ] {
            #expect(throws: MerkleLogError.malformedCheckpoint) { try Checkpoint(text: wrong) }
        }
    }

    @Test func `a checkpoint of another origin is not this log's`() throws {
        #expect(throws: MerkleLogError.malformedKey) {
            try Checkpoint(origin: "other", size: 0, root: TreeHasher.emptyRoot).signed(with: log)
        }
        var foreign = try SignedNote(
            text: Checkpoint(origin: "other", size: 0, root: TreeHasher.emptyRoot).text
        )
        try foreign.sign(with: log)
        #expect(try Checkpoint.verified(foreign, key: log.verifier) == nil)
        #expect(try Checkpoint.verified(note, key: log.verifier) != nil)
    }

    /// The example of c2sp.org/tlog-cosignature names its lines' sizes; its keys are not published.
    @Test func `the specification's own example is a note with two lines`() throws {
        let text = """
            example.com/behind-the-sofa
            20852163
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

            \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
            \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==

            """
        let note = try SignedNote(parsing: Array(text.utf8))
        #expect(note.description == text)
        #expect(note.signatures.map(\.signature.count) == [64, 72])
        #expect(try Checkpoint(text: note.text).size == 20_852_163)
    }
}
