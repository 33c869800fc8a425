internal import VaultCore

/// An error of the command line itself, in the words the user sees.
struct Complaint: Failure {
    var kind: FailureKind
    var code: String
    var message: String
    var hint: String

    static func usage(_ message: String, hint: String) -> Complaint {
        Complaint(kind: .usage, code: "usage", message: message, hint: hint)
    }

    static func missing(file: String) -> Complaint {
        Complaint(
            kind: .missingInput,
            code: "input.missing",
            message: "there is no file `\(file)`",
            hint: "check the path"
        )
    }

    static func unreadable(file: String) -> Complaint {
        Complaint(
            kind: .inputOutput,
            code: "input.unreadable",
            message: "`\(file)` cannot be read",
            hint: "check the permissions of the file"
        )
    }

    static func badInput(_ message: String, hint: String) -> Complaint {
        Complaint(kind: .badInput, code: "input.invalid", message: message, hint: hint)
    }
}
