/// The policies in force: all files parsed, checked and laid out for decisions.
///
/// A value; a reload replaces it whole or, where a file is broken, not at all.
public struct PolicySet: Sendable {
    /// One policy file as handed in.
    public struct File: Sendable, Hashable {
        /// Name for messages, `treatment.yaml`.
        public let name: String
        /// YAML text.
        public let text: String

        /// Takes a file's content.
        ///
        /// - Parameters:
        ///   - name: Name for messages.
        ///   - text: YAML text.
        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// What a deployment may choose.
    public struct Options: Sendable, Hashable {
        /// Law of patients whose country is not known, ISO 3166-1 alpha-2.
        public var defaultJurisdiction = "US"
        /// Whether a payer that a record names only by display text counts as the insurer of that name.
        public var acceptsPayersByName = true
        /// Whether a record without a confidentiality code counts as `N`.
        ///
        /// The vault labels what it stores
        /// and says yes; where nobody has looked at the record it stays unknown and a consent for `N`
        /// does not reach it.
        public var unlabelledIsNormal = true

        /// The shipped choices.
        public init() {}
    }

    /// Every rule, ordered by layer, obligations last; the order inside a layer means nothing.
    public var rules: [PolicyRule] { content.rules }
    /// Obligations by code.
    public var obligations: [String: Obligation] { content.obligations }
    /// What the deployment chose.
    public var options: Options {
        get { content.options }
        set { content = Content(content, options: newValue) }
    }
    /// The files, sorted by name.
    package var files: [File] { content.files }
    /// The files' names and texts in one unambiguous sequence, sorted by name: hash it for the digest of
    /// the policy set.
    public var canonicalBytes: [UInt8] { content.canonicalBytes }
    var compiled: CompiledPolicies { content.compiled }
    private var content: Content

    /// Held by reference, so that a decision takes one count of it and not five.
    private final class Content: Sendable {
        let rules: [PolicyRule]
        let obligations: [String: Obligation]
        let options: Options
        let files: [File]
        let canonicalBytes: [UInt8]
        let compiled: CompiledPolicies

        init(
            rules: [PolicyRule],
            obligations: [String: Obligation],
            options: Options,
            files: [File],
            canonicalBytes: [UInt8]
        ) {
            self.rules = rules
            self.obligations = obligations
            self.options = options
            self.files = files
            self.canonicalBytes = canonicalBytes
            compiled = CompiledPolicies(rules)
        }

        init(_ other: Content, options: Options) {
            rules = other.rules
            obligations = other.obligations
            self.options = options
            files = other.files
            canonicalBytes = other.canonicalBytes
            compiled = other.compiled
        }
    }

    /// Files of a policy folder that speak about rules instead of being some: the prover's.
    private static let statements: Set<String> = ["domain.yaml", "invariants.yaml"]

    /// The rule files of a policy folder.
    ///
    /// - Parameter names: The folder's entries, in any order, such as `treatment.yaml`.
    /// - Returns: Those that hold rules, sorted.
    public static func ruleFiles(among names: [String]) -> [String] {
        names.filter { $0.hasSuffix(".yaml") && !statements.contains($0) }.sorted()
    }

    /// Parses and checks policy files.
    ///
    /// - Parameters:
    ///   - files: Every rule file of the folder (``ruleFiles(among:)``), in any order.
    ///   - options: What the deployment chose.
    /// - Throws: ``ConsentError/policy(_:)`` with the first problem, ordered by file name.
    public init(files: [File], options: Options = Options()) throws(ConsentError) {
        let sorted = files.sorted { $0.name < $1.name }
        let problems = Self.problems(in: sorted)
        if let first = problems.first { throw .policy(first) }
        var rules: [PolicyRule] = []
        var obligations: [String: Obligation] = [:]
        for file in sorted {
            let content = PolicyParser.parse(file)
            rules += content.rules
            for obligation in content.obligations { obligations[obligation.code] = obligation }
        }
        // Rules without a layer are obligations.
        let ordered = rules.sorted {
            ($0.layer?.order ?? Layer.allCases.count, $0.id)
                < ($1.layer?.order ?? Layer.allCases.count, $1.id)
        }
        content = Content(
            rules: ordered,
            obligations: obligations,
            options: options,
            files: sorted,
            canonicalBytes: sorted.flatMap { file in
                [UInt8]("\(file.name.utf8.count) \(file.name) \(file.text.utf8.count) ".utf8)
                    + file.text.utf8
            }
        )
    }

    /// Everything that is wrong with policy files.
    ///
    /// - Parameter files: Every file of the folder.
    /// - Returns: Ordered by file, line, column; empty where the files can be used.
    public static func problems(in files: [File]) -> [PolicyProblem] {
        let contents = files.sorted { $0.name < $1.name }.map { PolicyParser.parse($0) }
        let found = contents.flatMap(\.problems) + PolicyValidator.problems(in: contents)
        return found.sorted {
            ($0.file, $0.line, $0.column, $0.what) < ($1.file, $1.line, $1.column, $1.what)
        }
    }
}

extension PolicySet {
    /// No rule at all: denies everything.
    package static let empty = PolicySet()

    private init() {
        content = Content(
            rules: [],
            obligations: [:],
            options: Options(),
            files: [],
            canonicalBytes: []
        )
    }
}
