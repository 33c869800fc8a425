internal import Consent
internal import Guard
internal import VaultCore
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A folder of policies: `*.yaml` the rules, `labels/` the label tables, `jurisdictions/` the clocks.
struct PolicyFolder {
    let path: String

    init(_ path: String) { self.path = path }

    /// The shipped folder: `PATIENTVAULT_POLICIES`, else beside the program, else `/usr/share`.
    static func shipped() throws -> PolicyFolder {
        PolicyFolder(
            try ShippedFolder.find(
                "Policies",
                variable: "PATIENTVAULT_POLICIES",
                having: "labels/labels.yaml"
            )
        )
    }

    /// Names of the rule files; statements about rules are none.
    private var ruleNames: [String] { PolicySet.ruleFiles(among: Files.names(in: path)) }

    private var labelNames: [String] {
        ["labels.yaml"]
            + Files.names(in: path + "/labels/codes").filter { $0.hasSuffix(".codes") }
            .map { "codes/\($0)" }
            + Files.names(in: path + "/labels/words").filter { $0.hasSuffix(".words") }
            .map { "words/\($0)" }
    }

    /// Everything that decides: rules and label tables.
    var files: [String] { ruleNames + labelNames.map { "labels/\($0)" } }

    func ruleFiles() throws -> [PolicySet.File] {
        guard Files.isFolder(path) else { throw Complaint.missing(file: path) }
        return try ruleNames.map {
            PolicySet.File(name: $0, text: try Files.readText("\(path)/\($0)"))
        }
    }

    /// The rules, parsed and checked.
    func rules() throws -> PolicySet {
        let files = try ruleFiles()
        guard !files.isEmpty else {
            throw Complaint(
                kind: .missingInput,
                code: "policies.none",
                message: "there are no policies in `\(path)`",
                hint: "name a folder with `*.yaml`"
            )
        }
        return try PolicySet(files: files)
    }

    /// How often a principal may ask: `limits.json` on top of what ships.
    func limits() throws -> RateLimits {
        let file = "\(path)/limits.json"
        guard Files.exists(file) else { return .shipped }
        return try RateLimits(parsing: try Files.readText(file))
    }

    /// The statements about the rules, ready to be proved.
    func prover() throws -> Prover {
        let files = try ["domain.yaml", "invariants.yaml"].map { name in
            guard Files.exists("\(path)/\(name)") else {
                throw Complaint.missing(file: "\(path)/\(name)")
            }
            return PolicySet.File(name: name, text: try Files.readText("\(path)/\(name)"))
        }
        return try Prover(policies: try rules(), domain: files[0], invariants: files[1])
    }

    /// The label tables; without codes and words where nothing will be labelled, which saves the time.
    func labels(all: Bool) throws -> LabelTables {
        var contents: [String: String] = [:]
        let names = all ? labelNames : ["labels.yaml", "codes/systems.codes"]
        for name in names { contents[name] = try Files.readText("\(path)/labels/\(name)") }
        return try LabelTables(parsing: contents)
    }

    /// Copies everything that decides into a vault.
    func copy(to other: String) throws { try copy(to: other, rules: try ruleFiles()) }

    /// The same with other rules.
    func copy(to other: String, rules: [PolicySet.File]) throws {
        for folder in ["", "/labels", "/labels/codes", "/labels/words"] {
            try Files.makeFolder(other + folder)
        }
        for rule in rules { try Files.create("\(other)/\(rule.name)", Array(rule.text.utf8)) }
        let others = labelNames.map { "labels/\($0)" } + ["limits.json"]
        for name in others where Files.exists("\(path)/\(name)") {
            try Files.create("\(other)/\(name)", try Files.read("\(path)/\(name)"))
        }
    }
}

/// Finds what ships with the program: beside it in a checkout, or under `/usr/share`.
enum ShippedFolder {
    /// Looks in the variable, then upwards from the program, then under `/usr/share`.
    ///
    /// - Parameters:
    ///   - name: The folder's name.
    ///   - variable: The environment variable that overrides the search.
    ///   - file: A file that the right folder has.
    /// - Returns: The folder's path.
    /// - Throws: ``Complaint`` of kind `missingInput`.
    static func find(_ name: String, variable: String, having file: String) throws -> String {
        if let named = Environment[variable] { return named }
        var folder = Files.folder(of: executable)
        while true {
            let candidate = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            if Files.exists("\(candidate)/\(file)") { return candidate }
            if folder == "/" || folder == "." { break }
            folder = Files.folder(of: folder)
        }
        let installed = "/usr/share/patientvault/\(name)"
        guard Files.exists("\(installed)/\(file)") else {
            throw Complaint(
                kind: .missingInput,
                code: "shipped.missing",
                message: "the shipped `\(name)` folder was not found",
                hint: "set `\(variable)` to it"
            )
        }
        return installed
    }

    /// This program's file, with links resolved.
    private static var executable: String {
        guard
            let resolved = realpath("/proc/self/exe", nil)
                ?? realpath(CommandLine.arguments[0], nil)
        else { return "." }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
