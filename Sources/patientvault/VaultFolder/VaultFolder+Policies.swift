internal import Consent
internal import Guard
internal import VaultCore
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

extension OpenVault {
    /// Digest of the policies that the log names last: its first entry does, and each later change.
    func loggedPolicies() throws -> String? {
        var query = LogQuery()
        query.kind = "system"
        return try entries(query, action: "audit-list")
            .filter { $0["policyDigest"].map { $0 != "unknown" } ?? false }
            .max { $0.index < $1.index }?["policyDigest"]
    }
}

/// Rules that change while a vault lives.
extension VaultFolder {
    private var nextPolicies: String { policies + ".next" }
    private var oldPolicies: String { policies + ".old" }

    /// Puts other rules into the vault's folder; label tables and limits stay.
    ///
    /// - Parameter files: Checked, and in the log.
    /// - Throws: ``Complaint`` where a file cannot be written; the old rules are then still there.
    func replacePolicies(with files: [PolicySet.File]) throws {
        Files.removeFolder(nextPolicies)
        try PolicyFolder(policies).copy(to: nextPolicies, rules: files)
        // CRASH: between the two the folder has another name; the next start gives it the right one.
        Files.removeFolder(oldPolicies)
        guard rename(policies, oldPolicies) == 0, rename(nextPolicies, policies) == 0 else {
            throw Complaint.notWritten(policies)
        }
        Files.syncFolder(of: policies)
        try keepSumsOfRules()
        Files.removeFolder(oldPolicies)
    }

    /// Finishes what a crash left of ``replacePolicies(with:)``.
    func finishPolicies() {
        if !Files.isFolder(policies), Files.isFolder(nextPolicies) {
            _ = rename(nextPolicies, policies)
            try? keepSumsOfRules()
        }
    }

    /// Reads the vault's own rules again, for a process that serves it.
    ///
    /// - Parameters:
    ///   - core: The Guard that decides by them.
    ///   - context: Where the call comes from.
    /// - Returns: Whether anything changed.
    /// - Throws: A ``Failure`` where they cannot be used; those in force then stay.
    func reloadPolicies(into core: GuardCore, context: CallContext) throws -> Bool {
        let files = try PolicyFolder(policies).ruleFiles()
        guard !files.isEmpty else { throw Complaint.missing(file: policies + "/*.yaml") }
        let changed = try core.reload(files, context: context)
        if changed { try keepSumsOfRules() }
        return changed
    }

    /// The same on a signal: says what came of it.
    func reloadPolicies(into core: GuardCore, saying terminal: Terminal) {
        do {
            let changed = try reloadPolicies(into: core, context: VaultOptions.context)
            terminal.note(changed ? "policies: read again" : "policies: nothing has changed")
        } catch let failure as any Failure {
            terminal.note("policies: \(failure.message); those in force stay in force")
        } catch {
            terminal.note("policies: cannot be read; those in force stay in force")
        }
    }

    /// Takes the rules' hashes anew; those of other files stay as they were.
    private func keepSumsOfRules() throws {
        func isRule(_ line: Substring) -> Bool {
            guard let name = line.split(separator: " ").last else { return false }
            return name.hasPrefix("policies/") && !name.hasPrefix("policies/labels/")
        }
        let kept = try Files.readText(sums).split(separator: "\n").filter { !isRule($0) }
        let taken = try currentSums().split(separator: "\n").filter(isRule)
        let lines = (kept + taken).map { "\($0)\n" }
        try Files.replace(sums, Array(lines.joined().utf8))
    }
}
