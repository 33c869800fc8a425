/// Everything the labeller knows: labels, code systems, code tables and word lists, compiled.
///
/// Files are handed in by name: `labels.yaml`, `codes/systems.codes`, `codes/*.codes`, `words/*.words`.
/// The grammar is in docs/design/labels.md.
public final class LabelTables: Sendable {
    let catalog: LabelCatalog
    let systems: CodeSystems
    let codes: CodeRules
    let words: WordRules
    /// Number of the system that padded OpenMRS ids belong to.
    let padded: Int?
    /// A 64-bit hash over names and contents of all files.
    ///
    /// Another value means that stored records must be labelled anew. It is no cryptographic digest.
    public let fingerprint: UInt64

    /// Reads and checks all tables.
    ///
    /// - Parameter files: Contents by name; the names decide what a file is. Other names are refused.
    /// - Throws: ``ConsentError/policy(_:)`` with file, line and column of the first fault.
    public init(parsing files: [String: String]) throws(ConsentError) {
        catalog = try LabelCatalog(
            parsing: try Self.file("labels.yaml", in: files),
            file: "labels.yaml"
        )
        systems = try CodeSystems(
            parsing: try Self.file("codes/systems.codes", in: files),
            file: "codes/systems.codes"
        )
        var codes = CodeRuleParser()
        var words = WordRuleParser()
        var hash = ByteHash(seed: 0)
        for (name, contents) in files.sorted(by: { $0.key < $1.key }) {
            for byte in name.utf8 { hash.feed(byte) }
            hash.feed(0)
            for byte in contents.utf8 { hash.feed(byte) }
            hash.feed(0)
            if name == "labels.yaml" || name == "codes/systems.codes" { continue }
            if name.hasPrefix("codes/"), name.hasSuffix(".codes") {
                try codes.parse(contents, file: name, systems: systems)
            } else if name.hasPrefix("words/"), name.hasSuffix(".words") {
                try words.parse(contents, file: name)
            } else {
                throw .policy(
                    PolicyProblem(file: name, line: 1, column: 1, what: "no label table")
                )
            }
        }
        self.codes = CodeRules(codes)
        self.words = WordRules(words)
        padded = systems.names.firstIndex(of: "ciel")
        fingerprint = hash.value
    }

    /// The labels with their names, codes and law, in the order of the label's cases.
    public var entries: [LabelEntry] { catalog.entries }
    /// Lines of all code tables together: codes and beginnings of codes.
    public var codeCount: Int { codes.rules.count }
    /// Patterns of all word lists together.
    public var wordCount: Int { words.rules.count }

    /// What a security label means.
    ///
    /// - Parameter code: v3 ActCode or Confidentiality code; case and white space do not count.
    /// - Returns: Its labels, empty for handling instructions; `nil` where no table knows the code.
    public func labels(forSecurityCode code: String) -> LabelSet? {
        let key = code.trimmedASCII.uppercased()
        if let labels = catalog.byCode[key] { return labels }
        return catalog.handling.contains(key) ? LabelSet.none : nil
    }

    /// The labels that someone names who names one label: itself and those under it.
    ///
    /// - Parameter label: The label named in a consent or policy.
    /// - Returns: For `sexual-reproductive` also `std`.
    public func labels(named label: SensitivityLabel) -> LabelSet {
        var all: LabelSet = [label]
        for entry in catalog.entries where entry.under == label { all = all.adding(entry.label) }
        return all
    }

    private static func file(
        _ name: String,
        in files: [String: String]
    ) throws(ConsentError) -> String {
        guard let contents = files[name] else {
            throw .policy(
                PolicyProblem(file: name, line: 1, column: 1, what: "the file is missing")
            )
        }
        return contents
    }
}

extension String {
    fileprivate var trimmedASCII: String {
        let isSpace: (UInt8) -> Bool = { $0 <= 0x20 }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }),
            let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
