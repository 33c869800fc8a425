/// A pattern of a word list.
struct WordRule {
    /// Labels; none where the words are judged harmless.
    var labels: LabelSet
    /// Where the folded pattern stands in ``WordRules/text``.
    var start: Int
    /// Its length in bytes, at least three.
    var count: Int
    /// Number of the group, an index into ``WordRules/groups``.
    var group: Int
    /// Line in the group's file, from 1.
    var line: Int
}

/// All word lists, compiled: patterns found by their first three bytes.
///
/// A pattern starts at the beginning of a word, or anywhere with a `*` before it. A 64 Kbit filter over the
/// first three bytes answers for nearly every word without touching the patterns. An object, because a copy
/// of a value of so many parts would cost more than most texts take to read.
final class WordRules: Sendable {
    let rules: [WordRule]
    let groups: [RuleGroup]
    /// The folded patterns, one after the other.
    let text: [UInt8]
    let atWordStart: PatternFilter
    let anywhere: PatternFilter
    /// One bit for each of 65,536 hashes of the first three bytes of a pattern.
    let either: [UInt64]

    init(_ parser: WordRuleParser) {
        rules = parser.rules
        groups = parser.groups
        text = parser.text
        var (atWordStart, anywhere) = (parser.atWordStart, parser.anywhere)
        var either: [UInt64] = Array(repeating: 0, count: 1024)
        atWordStart.finish(rules, text, &either)
        anywhere.finish(rules, text, &either)
        self.atWordStart = atWordStart
        self.anywhere = anywhere
        self.either = either
    }
}

/// Reads word lists.
struct WordRuleParser {
    private(set) var rules: [WordRule] = []
    private(set) var groups: [RuleGroup] = []
    /// The folded patterns, one after the other.
    private(set) var text: [UInt8] = []
    private(set) var atWordStart = PatternFilter()
    private(set) var anywhere = PatternFilter()
    private var folder = FoldedText()

    /// Reads one word list.
    ///
    /// - Parameters:
    ///   - contents: The file.
    ///   - file: Its name, for errors and explanations.
    /// - Throws: ``ConsentError/policy(_:)`` with the line.
    mutating func parse(_ contents: String, file: String) throws(ConsentError) {
        var head = TableHead(file: file)
        for line in tableLines(contents, file: file) {
            if line.text.hasPrefix("@") || line.words[0] == "=" {
                try head.read(line)
                continue
            }
            guard let labels = head.labels else { throw line.problem("no @label before") }
            let group = head.group(in: &groups)
            try add(line, labels: labels, group: group)
        }
    }

    private mutating func add(
        _ line: TableLine,
        labels: LabelSet,
        group: Int
    ) throws(ConsentError) {
        let pattern = line.words.joined(separator: " ")
        var core = pattern.utf8[...]
        let startsAnywhere = core.first == 0x2A
        if startsAnywhere { core = core.dropFirst() }
        let goesOn = core.last == 0x2A
        if goesOn { core = core.dropLast() }
        guard !core.contains(0x2A) else { throw line.problem("`*` stands inside the pattern") }
        Array(core).withUnsafeBytes { folder.fold($0, form: .plain) }
        var folded = folder.bytes.dropFirst()
        if goesOn { folded = folded.dropLast() }
        guard folded.count >= 3 else { throw line.problem("the pattern is shorter than 3 bytes") }
        let number = rules.count
        rules.append(
            WordRule(
                labels: labels,
                start: text.count,
                count: folded.count,
                group: group,
                line: line.number
            )
        )
        text.append(contentsOf: folded)
        if startsAnywhere { anywhere.add(number) } else { atWordStart.add(number) }
    }
}

/// Patterns by their first three bytes.
struct PatternFilter {
    private var numbers: [Int] = []
    private var buckets = HashIndex()
    /// Where each bucket starts in ``members``; the bucket ends where the next starts.
    private var starts: [Int] = []
    private var members: [Int] = []

    mutating func add(_ number: Int) { numbers.append(number) }

    mutating func finish(_ rules: [WordRule], _ text: [UInt8], _ bits: inout [UInt64]) {
        var byKey: [UInt32: [Int]] = [:]
        for number in numbers {
            let start = rules[number].start
            byKey[threeBytes(text[start], text[start + 1], text[start + 2]), default: []]
                .append(number)
        }
        starts = []
        members = []
        for (bucket, entry) in byKey.sorted(by: { $0.key < $1.key }).enumerated() {
            let hash = filterHash(entry.key)
            bits[hash >> 6] |= 1 << UInt64(hash & 63)
            _ = buckets.insert(UInt64(entry.key) &* 0x9E37_79B9_7F4A_7C15, UInt32(bucket))
            starts.append(members.count)
            members += entry.value.sorted { rules[$0].count > rules[$1].count }
        }
        starts.append(members.count)
    }

    /// Numbers of the patterns that begin with these bytes.
    @inline(__always)
    func bucket(_ key: UInt32) -> ArraySlice<Int> {
        guard let bucket = buckets.find(UInt64(key) &* 0x9E37_79B9_7F4A_7C15) else { return [] }
        return members[starts[Int(bucket)]..<starts[Int(bucket) + 1]]
    }
}

@inline(__always)
func threeBytes(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32 {
    UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16
}

/// 16 bits of three bytes.
@inline(__always)
func filterHash(_ key: UInt32) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B1) >> 16)
}
