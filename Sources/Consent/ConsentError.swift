public import VaultCore

/// Why policies cannot be used; a denied request is never an error.
public enum ConsentError: Failure, Equatable {
    /// A policy file is not what the policy language allows.
    case policy(PolicyProblem)

    /// What kind of trouble this is.
    public var kind: FailureKind { .badInput }
    /// Stable dotted code.
    public var code: String { "consent.policy" }
    /// One line with file, line and column.
    public var message: String {
        switch self {
        case .policy(let problem): problem.description
        }
    }
    /// One line that says what to do next.
    public var hint: String {
        "see docs/design/policy-language.md; the policies in force stay in force"
    }
}

/// What is wrong at one place of a policy file.
public struct PolicyProblem: Sendable, Hashable, CustomStringConvertible {
    /// Name of the file as handed in.
    public let file: String
    /// Line, from 1.
    public let line: Int
    /// Column, from 1.
    public let column: Int
    /// What is wrong, lower case.
    public let what: String

    /// `file:line:column: what`.
    public var description: String { "\(file):\(line):\(column): \(what)" }
}
