/// What kind of trouble an error is; each kind has one exit code and one HTTP status, mapped once.
public enum FailureKind: Sendable, Hashable, CaseIterable {
    /// The log, a stored version or a fact is not what was written (exit 4).
    case integrity
    /// The command line was wrong (exit 64).
    case usage
    /// The input was wrong (exit 65).
    case badInput
    /// A file or thing named by the caller does not exist (exit 66).
    case missingInput
    /// The Guard cannot be reached or is sealed (exit 69).
    case unavailable
    /// A bug of ours (exit 70).
    case internalError
    /// Something cannot be created, or exists already (exit 73).
    case cannotCreate
    /// Reading or writing failed (exit 74).
    case inputOutput
    /// Who asks is not known or may not (exit 77).
    case notAllowed
}

/// An error that may be shown to anyone: no plaintext, key, name or search term in any of its parts.
public protocol Failure: Error, Sendable {
    /// What kind of trouble this is.
    var kind: FailureKind { get }
    /// Stable dotted code, `sealing.authenticationFailed`.
    var code: String { get }
    /// One line, lower case, no full stop, input in backticks.
    var message: String { get }
    /// One line that says what to do next.
    var hint: String { get }
}
