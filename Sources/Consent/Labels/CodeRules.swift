/// A line of a code table: what it labels and where it stands.
struct CodeRule {
    /// Labels; none where the code is judged harmless.
    var labels: LabelSet
    /// Number of the group, an index into ``CodeRules/groups``.
    var group: Int
    /// Line in the group's file, from 1.
    var line: Int
    /// The next rule for the same code, or -1.
    var next: Int
}

/// A headed group of a table: what `explain` shows.
struct RuleGroup {
    /// Name of the file.
    var file: String
    /// The heading after `=`, in plain words.
    var title: String
}

/// Reads code tables.
struct CodeRuleParser {
    private(set) var rules: [CodeRule] = []
    private(set) var groups: [RuleGroup] = []
    private(set) var exact = HashIndex()
    private(set) var beginnings = HashIndex()
    private(set) var hasBeginnings: [Bool] = []

    /// Reads one table.
    ///
    /// - Parameters:
    ///   - contents: The file.
    ///   - file: Its name, for errors and explanations.
    ///   - systems: The systems it may name.
    /// - Throws: ``ConsentError/policy(_:)`` with the line.
    mutating func parse(
        _ contents: String,
        file: String,
        systems: CodeSystems
    ) throws(ConsentError) {
        var head = TableHead(file: file)
        var system: Int?
        if hasBeginnings.isEmpty {
            hasBeginnings = Array(repeating: false, count: systems.names.count)
        }
        for line in tableLines(contents, file: file) {
            if line.words[0] == "@system" {
                guard line.words.count == 2,
                    let number = systems.names.firstIndex(of: String(line.words[1]))
                else { throw line.problem("no such code system", word: 1) }
                system = number
            } else if line.text.hasPrefix("@") || line.words[0] == "=" {
                try head.read(line)
            } else {
                guard let labels = head.labels else { throw line.problem("no @label before") }
                guard let system else { throw line.problem("no @system before") }
                let group = head.group(in: &groups)
                for (place, word) in line.words.enumerated() {
                    let rule = CodeRule(labels: labels, group: group, line: line.number, next: -1)
                    let isNew = add(word, rule, system, systems.forms[system])
                    if !isNew { throw line.problem("the code is there twice", word: place) }
                }
            }
        }
    }

    /// Adds a rule; false where the same code has the same labels already in this table.
    private mutating func add(
        _ word: Substring,
        _ rule: CodeRule,
        _ system: Int,
        _ form: CodeForm
    ) -> Bool {
        var text = word.utf8[...]
        let isBeginning = text.last == 0x2A
        if isBeginning { text = text.dropLast() }
        var hash = ByteHash(seed: system + 1)
        for byte in text {
            if form == .icd {
                if byte == 0x2E { continue }
                hash.feed(uppercased(byte))
            } else {
                hash.feed(byte)
            }
        }
        let number = rules.count
        rules.append(rule)
        let first: Int
        if isBeginning {
            hasBeginnings[system] = true
            first = Int(beginnings.insert(hash.value, UInt32(number)))
        } else {
            first = Int(exact.insert(hash.value, UInt32(number)))
        }
        if first == number { return true }
        var last = first
        while true {
            let older = rules[last]
            if older.group == rule.group || older.labels == rule.labels { return false }
            if older.next < 0 { break }
            last = older.next
        }
        rules[last].next = number
        return true
    }
}

/// All code tables: which labels a code of a known system carries.
///
/// An object, because a copy of a value of so many parts would cost more than the look-up.
final class CodeRules: Sendable {
    let rules: [CodeRule]
    let groups: [RuleGroup]
    private let exact: HashIndex
    private let beginnings: HashIndex
    private let hasBeginnings: [Bool]

    init(_ parser: CodeRuleParser) {
        rules = parser.rules
        groups = parser.groups
        exact = parser.exact
        beginnings = parser.beginnings
        hasBeginnings = parser.hasBeginnings
    }

    /// Visits every rule that a code of a system meets.
    ///
    /// - Parameters:
    ///   - code: UTF-8 without white space around it.
    ///   - system: Number of the system.
    ///   - form: The form of its codes.
    ///   - visit: Gets the number of each rule.
    @inline(__always)
    func match(
        _ code: UnsafeRawBufferPointer,
        system: Int,
        form: CodeForm,
        _ visit: (Int) -> Void
    ) {
        var hash = ByteHash(seed: system &+ 1)
        let looksForBeginnings = hasBeginnings[system]
        if looksForBeginnings { follow(beginnings.find(hash.value), visit) }
        for byte in code {
            if form == .icd {
                if byte == 0x2E { continue }
                hash.feed(uppercased(byte))
            } else {
                hash.feed(byte)
            }
            if looksForBeginnings { follow(beginnings.find(hash.value), visit) }
        }
        follow(exact.find(hash.value), visit)
    }

    @inline(__always)
    private func follow(_ first: UInt32?, _ visit: (Int) -> Void) {
        guard let first else { return }
        var number = Int(first)
        while number >= 0 {
            visit(number)
            number = rules[number].next
        }
    }
}

/// What the `@label`, `@harmless` and `=` lines above a line say.
struct TableHead {
    let file: String
    private(set) var labels: LabelSet?
    private var title = ""
    private var number: Int?

    init(file: String) { self.file = file }

    mutating func read(_ line: TableLine) throws(ConsentError) {
        switch line.words[0] {
        case "@label":
            guard line.words.count > 1 else { throw line.problem("@label needs a label") }
            var all = LabelSet.none
            for (place, word) in line.words.enumerated().dropFirst() {
                guard let label = SensitivityLabel(rawValue: String(word)) else {
                    throw line.problem("no such label", word: place)
                }
                all = all.adding(label)
            }
            labels = all
            title = ""
        case "@harmless":
            labels = LabelSet.none
            title = ""
        case "=": title = line.words.dropFirst().joined(separator: " ")
        default: throw line.problem("no such directive")
        }
        number = nil
    }

    /// The number of the group the head is in; makes it where it is new.
    mutating func group(in groups: inout [RuleGroup]) -> Int {
        if let number { return number }
        groups.append(RuleGroup(file: file, title: title))
        number = groups.count - 1
        return groups.count - 1
    }
}

/// An ASCII letter in upper case; everything else unchanged.
@inline(__always)
func uppercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte
}
