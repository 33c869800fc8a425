/// The form that codes of a system have; a code of another form is not one of that system.
enum CodeForm: String {
    /// Digits only: SNOMED CT, RxNorm.
    case digits
    /// Digits, a hyphen and a check digit, after letters in parts and answers: LOINC.
    case loinc
    /// Letters and digits whose dots and case do not matter: ICD, ICPC, ATC.
    case icd
    /// Any text.
    case word
}

/// What the tables know of an address.
enum SystemKnowledge: Equatable {
    /// Codes are looked up in the system of this number.
    case clinical(Int)
    /// Codes say nothing about sensitivity.
    case administrative
    /// No table knows it.
    case unknown
}

/// Code systems by address: `systems.codes`.
struct CodeSystems {
    /// Short names, by number.
    private(set) var names: [String] = []
    /// Form of the codes, by number.
    private(set) var forms: [CodeForm] = []
    private var exact = HashIndex()
    private var beginnings = HashIndex()
    private var lengths: [Bool] = Array(repeating: false, count: 256)
    private var known: [SystemKnowledge] = []

    /// Reads `systems.codes`.
    ///
    /// - Parameters:
    ///   - contents: The file.
    ///   - file: Its name, for errors.
    /// - Throws: ``ConsentError/policy(_:)`` with the line.
    init(parsing contents: String, file: String) throws(ConsentError) {
        var current: SystemKnowledge?
        for line in tableLines(contents, file: file) {
            if line.text.hasPrefix("@") {
                current = try section(line)
            } else if let current {
                try add(line, current)
            } else {
                throw line.problem("an address stands before the first section")
            }
        }
    }

    private mutating func section(_ line: TableLine) throws(ConsentError) -> SystemKnowledge {
        switch line.words[0] {
        case "@administrative": return .administrative
        case "@unknown": return .unknown
        case "@clinical":
            guard line.words.count >= 2 else { throw line.problem("a system needs a name") }
            let name = String(line.words[1])
            if names.contains(name) {
                throw line.problem("system `\(name)` is there twice", word: 1)
            }
            let form = line.words.count > 2 ? CodeForm(rawValue: String(line.words[2])) : .word
            guard let form else { throw line.problem("no such form of code", word: 2) }
            names.append(name)
            forms.append(form)
            return .clinical(names.count - 1)
        default: throw line.problem("no such section")
        }
    }

    private mutating func add(
        _ line: TableLine,
        _ knowledge: SystemKnowledge
    ) throws(ConsentError) {
        guard line.words.count == 1 else { throw line.problem("one address a line", word: 1) }
        var text = line.words[0].utf8[...]
        let isBeginning = text.last == 0x2A
        if isBeginning { text = text.dropLast() }
        guard text.count < lengths.count else { throw line.problem("the address is too long") }
        var hash = ByteHash(seed: 0)
        for byte in text { hash.feed(byte) }
        let value = UInt32(known.count)
        let stored =
            isBeginning
            ? beginnings.insert(hash.value, value) : exact.insert(hash.value, value)
        guard stored == value else { throw line.problem("the address is there twice") }
        if isBeginning { lengths[text.count] = true }
        known.append(knowledge)
    }

    /// What is known of a code system's address.
    ///
    /// - Parameter address: UTF-8; white space around it does not count.
    /// - Returns: The exact address decides, else the longest listed beginning.
    @inline(__always)
    func knowledge(of address: UnsafeRawBufferPointer) -> SystemKnowledge {
        var hash = ByteHash(seed: 0)
        var found: UInt32?
        let text = trimmed(address)
        for (place, byte) in text.enumerated() {
            if place < lengths.count, lengths[place], let value = beginnings.find(hash.value) {
                found = value
            }
            hash.feed(byte)
        }
        if text.count < lengths.count, lengths[text.count],
            let value = beginnings.find(hash.value)
        {
            found = value
        }
        if let value = exact.find(hash.value) { found = value }
        return found.map { known[Int($0)] } ?? .unknown
    }
}

/// Text without the white space around it.
@inline(__always)
func trimmed(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = text.count
    while start < end, text[start] <= 0x20 { start &+= 1 }
    while end > start, text[end &- 1] <= 0x20 { end &-= 1 }
    return UnsafeRawBufferPointer(rebasing: text[start..<end])
}
