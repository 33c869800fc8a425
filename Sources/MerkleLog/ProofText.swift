internal import VaultCore

/// Reads the lines of a proof, strictly; every refusal names the line.
struct ProofLines {
    private let bytes: [UInt8]
    private var offset = 0
    private(set) var number = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The rest, for the signed note at the end.
    var rest: [UInt8] { Array(bytes[offset...]) }

    var failure: MerkleLogError { .malformedProof(line: number) }

    /// The next line without its newline; the file must end each line with one.
    mutating func next() throws(MerkleLogError) -> ArraySlice<UInt8> {
        number += 1
        guard let end = bytes[offset...].firstIndex(of: 0x0A) else { throw failure }
        defer { offset = end + 1 }
        return bytes[offset..<end]
    }

    /// The next line's text after `word` and a space, or `nil` (and no step) where it begins otherwise.
    mutating func value(after word: String) -> ArraySlice<UInt8>? {
        let prefix = Array("\(word) ".utf8)
        guard bytes[offset...].starts(with: prefix),
            let end = bytes[offset...].firstIndex(of: 0x0A)
        else { return nil }
        defer {
            offset = end + 1
            number += 1
        }
        return bytes[(offset + prefix.count)..<end]
    }

    mutating func required(_ word: String) throws(MerkleLogError) -> String {
        guard let value = value(after: word), let text = String(validating: value, as: UTF8.self)
        else { throw .malformedProof(line: number + 1) }
        return text
    }

    mutating func expect(_ line: String) throws(MerkleLogError) {
        guard try next().elementsEqual(line.utf8) else { throw failure }
    }

    mutating func count(_ word: String) throws(MerkleLogError) -> UInt64 {
        guard let number = UInt64(decimal: try required(word)), number < UInt64(Int64.max) else {
            throw failure
        }
        return number
    }
}

extension EntryProof {
    /// The block of lines that every proof format writes for an entry, ending with an empty line.
    var block: [UInt8] {
        var text = Array("index \(index)\nframe \(Base64.encode(frame.bytes))\n".utf8)
        for section in sections {
            let digest = Base64.encode(section.commitment.bytes + section.sealed.bytes)
            text += "section \(digest)\n".utf8
        }
        for opening in openings {
            text += "open \(opening.number) \(Base64.encode(opening.blinding)) ".utf8
            text += opening.part
            text.append(0x0A)
        }
        for hash in path { text += "path \(hash.base64)\n".utf8 }
        text.append(0x0A)
        return text
    }

    init(_ lines: inout ProofLines) throws(MerkleLogError) {
        let index = try lines.count("index")
        guard let raw = Base64.decode(try lines.required("frame")),
            raw.count == EntryFrame.byteCount
        else { throw lines.failure }
        let frame: EntryFrame
        do {
            frame = try raw.reading { bytes throws(MerkleLogError) in try EntryFrame(bytes) }
        } catch {
            throw lines.failure
        }
        var sections: [SectionDigest] = []
        while let value = lines.value(after: "section") {
            guard let pair = Base64.decode(String(decoding: value, as: UTF8.self)),
                let commitment = MerkleHash(pair.prefix(32)),
                let sealed = MerkleHash(pair.dropFirst(32))
            else { throw lines.failure }
            sections.append(SectionDigest(commitment, sealed))
        }
        var openings: [SectionOpening] = []
        while let value = lines.value(after: "open") {
            guard let opening = SectionOpening(line: value) else { throw lines.failure }
            openings.append(opening)
        }
        var path: [MerkleHash] = []
        while let value = lines.value(after: "path") {
            guard let hash = MerkleHash(base64: String(decoding: value, as: UTF8.self)) else {
                throw lines.failure
            }
            path.append(hash)
        }
        try lines.expect("")
        do {
            try self.init(
                index: index,
                frame: frame,
                sections: sections,
                openings: openings,
                path: path
            )
        } catch {
            throw lines.failure
        }
    }
}

extension SectionOpening {
    /// Reads `number base64(r) text`.
    fileprivate init?(line: ArraySlice<UInt8>) {
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let number = UInt32(String(decoding: parts[0], as: UTF8.self)),
            String(number).utf8.elementsEqual(parts[0]),
            let blinding = Base64.decode(String(decoding: parts[1], as: UTF8.self)),
            blinding.count == 32
        else { return nil }
        self.init(number: Int(number), blinding: blinding, part: Array(parts[2]))
    }
}
