internal import Yams

/// What `labels.yaml` says of one label.
public struct LabelEntry: Sendable, Hashable {
    /// The label.
    public let label: SensitivityLabel
    /// Name in plain words by language (`en`, `ta`, `ms`, `nb`, `lt`, `ko`).
    public let titles: [String: String]
    /// v3 ActCode and Confidentiality codes that mean it.
    public let codes: [String]
    /// The law that makes it sensitive.
    public let law: String
    /// The wider label whose naming names this one too.
    public let under: SensitivityLabel?
    /// Whether only an explicit mark sets it, never a code or a word.
    public let isExplicitOnly: Bool
}

/// The labels with their names, codes and law: `labels.yaml`.
struct LabelCatalog {
    /// One entry for each ``SensitivityLabel``, in the order of its cases.
    private(set) var entries: [LabelEntry] = []
    /// Labels by security code, upper case.
    private(set) var byCode: [String: LabelSet] = [:]
    /// Security codes that say nothing about sensitivity, upper case.
    private(set) var handling: Set<String> = []

    static let languages = ["en", "ta", "ms", "nb", "lt", "ko"]

    /// Reads `labels.yaml`.
    ///
    /// - Parameters:
    ///   - contents: The file.
    ///   - file: Its name, for errors.
    /// - Throws: ``ConsentError/policy(_:)`` with line and column.
    init(parsing contents: String, file: String) throws(ConsentError) {
        let reader = CatalogReader(file: file)
        let root = try reader.root(contents)
        for code in try reader.strings(root, "handling") { handling.insert(code.uppercased()) }
        guard let list = root["labels"]?.sequence else {
            throw reader.problem("`labels` is missing", root)
        }
        var found: [SensitivityLabel: LabelEntry] = [:]
        for node in list {
            let entry = try reader.entry(node)
            guard found.updateValue(entry, forKey: entry.label) == nil else {
                throw reader.problem("the label is there twice", node)
            }
            for code in entry.codes {
                let old = byCode[code.uppercased()] ?? .none
                byCode[code.uppercased()] = old.adding(entry.label)
            }
        }
        for label in SensitivityLabel.allCases {
            guard let entry = found[label] else {
                throw reader.problem("the label `\(label)` is missing", root)
            }
            entries.append(entry)
        }
    }
}

/// Reads the nodes of `labels.yaml`; what it does not know it refuses.
private struct CatalogReader {
    let file: String

    func root(_ contents: String) throws(ConsentError) -> Node {
        do {
            guard let node = try compose(yaml: contents), node.mapping != nil else {
                throw problem("the file is empty", nil)
            }
            try expectKeys(node, ["version", "handling", "labels"])
            return node
        } catch let error as ConsentError {
            throw error
        } catch let error as YamlError {
            throw .policy(yamlProblem(error))
        } catch {
            throw problem("no YAML", nil)
        }
    }

    func entry(_ node: Node) throws(ConsentError) -> LabelEntry {
        let known = ["id", "acts", "confidentiality", "under", "source", "law", "title"]
        try expectKeys(node, known)
        let label = try label(node["id"], node)
        var titles: [String: String] = [:]
        for language in LabelCatalog.languages {
            guard let text = node["title"]?[language]?.string, !text.isEmpty else {
                throw problem("the title in `\(language)` is missing", node)
            }
            titles[language] = text
        }
        guard let law = node["law"]?.string else { throw problem("`law` is missing", node) }
        let source = node["source"]?.string
        guard source == nil || source == "explicit" else {
            throw problem("`source` can only be `explicit`", node)
        }
        var under: SensitivityLabel?
        if let wider = node["under"] { under = try self.label(wider, node) }
        return LabelEntry(
            label: label,
            titles: titles,
            codes: try strings(node, "acts") + strings(node, "confidentiality"),
            law: law,
            under: under,
            isExplicitOnly: source == "explicit"
        )
    }

    func strings(_ node: Node, _ key: String) throws(ConsentError) -> [String] {
        guard let value = node[key] else { return [] }
        guard let list = value.sequence else { throw problem("`\(key)` must be a list", value) }
        var texts: [String] = []
        for item in list {
            guard let scalar = item.scalar else { throw problem("no text", item) }
            texts.append(scalar.string)
        }
        return texts
    }

    func problem(_ what: String, _ node: Node?) -> ConsentError {
        let mark = node?.mark
        return .policy(
            PolicyProblem(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, what: what)
        )
    }

    private func label(_ node: Node?, _ around: Node) throws(ConsentError) -> SensitivityLabel {
        guard let text = node?.string, let label = SensitivityLabel(rawValue: text) else {
            throw problem("no such label", node ?? around)
        }
        return label
    }

    private func expectKeys(_ node: Node, _ known: [String]) throws(ConsentError) {
        guard let mapping = node.mapping else { throw problem("no mapping", node) }
        for key in mapping.keys where !known.contains(key.string ?? "") {
            throw problem("no such key", key)
        }
    }

    private func yamlProblem(_ error: YamlError) -> PolicyProblem {
        switch error {
        case .scanner(_, let what, let mark, _), .parser(_, let what, let mark, _),
            .composer(_, let what, let mark, _):
            PolicyProblem(file: file, line: mark.line, column: mark.column, what: what)
        default: PolicyProblem(file: file, line: 1, column: 1, what: "no YAML")
        }
    }
}
