/// One line of a table file, trimmed, with its place for error messages.
struct TableLine {
    /// Name of the file as handed in.
    var file: String
    /// Line, from 1.
    var number: Int
    /// The words of the line.
    var words: [Substring]
    /// The line without white space around it.
    var text: Substring

    /// A problem at this line.
    ///
    /// - Parameters:
    ///   - what: What is wrong, lower case.
    ///   - word: Zero-based word the problem is at.
    /// - Returns: The error to throw.
    func problem(_ what: String, word: Int = 0) -> ConsentError {
        let line = text.base
        let start = word < words.count ? words[word].startIndex : text.startIndex
        let lineStart =
            line[..<start].lastIndex(of: "\n").map(line.index(after:)) ?? line.startIndex
        let column = line.distance(from: lineStart, to: start) + 1
        return .policy(PolicyProblem(file: file, line: number, column: column, what: what))
    }
}

/// Cuts a table file into the lines that mean something; comments (`#`) and empty lines are left out.
///
/// - Parameters:
///   - contents: The file.
///   - file: Its name, for errors.
/// - Returns: The lines in order.
func tableLines(_ contents: String, file: String) -> [TableLine] {
    var lines: [TableLine] = []
    for (index, line) in contents.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
    {
        let text = line.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard let first = text.utf8.first, first != 0x23 else { continue }
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
        guard !words.isEmpty else { continue }
        lines.append(TableLine(file: file, number: index + 1, words: words, text: text))
    }
    return lines
}

/// A 64-bit FNV-1a hash, fed byte by byte.
struct ByteHash {
    private(set) var value: UInt64

    /// Starts from a seed, so that equal bytes of different tables differ.
    @inline(__always)
    init(seed: Int) {
        value = 0xCBF2_9CE4_8422_2325 ^ (UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15)
    }

    @inline(__always)
    mutating func feed(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
}

/// Finds a number by a 64-bit hash; open addressing, built once.
///
/// Two different texts with one hash cannot both be put in: ``insert(_:_:)`` answers with the number that
/// is there already and the caller compares. A look-up may in theory hit by chance (one in 2^50 for these
/// tables), which adds a label and never takes one away.
struct HashIndex {
    private var keys: [UInt64] = Array(repeating: 0, count: 64)
    private var values: [UInt32] = Array(repeating: 0, count: 64)
    private(set) var count = 0

    /// Puts a number in.
    ///
    /// - Returns: The number that this hash has now: an older one stays.
    mutating func insert(_ hash: UInt64, _ value: UInt32) -> UInt32 {
        if count * 2 >= keys.count { grow() }
        let slot = slot(of: hash)
        if keys[slot] == 0 {
            keys[slot] = hash | 1 << 63
            values[slot] = value
            count += 1
        }
        return values[slot]
    }

    /// The number of a hash, or `nil`.
    @inline(__always)
    func find(_ hash: UInt64) -> UInt32? {
        let slot = slot(of: hash)
        return keys[slot] == 0 ? nil : values[slot]
    }

    @inline(__always)
    private func slot(of hash: UInt64) -> Int {
        let key = hash | 1 << 63
        let mask = keys.count &- 1
        let mixed = ((key ^ (key >> 29)) &* 0xBF58_476D_1CE4_E5B9) >> 32
        var slot = Int(truncatingIfNeeded: mixed) & mask
        while keys[slot] != 0, keys[slot] != key { slot = (slot &+ 1) & mask }
        return slot
    }

    private mutating func grow() {
        let oldKeys = keys
        let oldValues = values
        keys = Array(repeating: 0, count: oldKeys.count * 2)
        values = Array(repeating: 0, count: oldKeys.count * 2)
        count = 0
        for (key, value) in zip(oldKeys, oldValues) where key != 0 { _ = insert(key, value) }
    }
}
