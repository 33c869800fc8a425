internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Sealing
internal import VaultCore

// patientvault: the command line; wires everything.
//
// Promises: one `error:` and one `hint:` line for every failure, its exit code mapped in one place, no
// plaintext of a record in either. Never: decides anything itself.
// Read Commands/Request.swift first: one command, top to bottom.

/// The program: parses the command line, runs one command, turns what it threw into lines and a code.
@main
enum Program {
    static func main() {
        umask(0o077)
        installSignalHandlers()
        _ = ProcessHardening.disableCoreDumps()
        let arguments = Self.arguments(Array(CommandLine.arguments.dropFirst()))
        let terminal = Terminal(json: arguments.contains("--json"))
        do {
            var command = try PatientVault.parseAsRoot(arguments)
            try command.run()
        } catch {
            exit(Self.status(of: error, arguments: arguments, terminal: terminal))
        }
    }

    /// Moves options that stand before the command behind it, so that both orders work.
    private static func arguments(_ given: [String]) -> [String] {
        var leading: [String] = []
        var rest = given[...]
        while let first = rest.first, first.hasPrefix("--") {
            if first == "--json" {
                leading.append(rest.removeFirst())
            } else if ["--vault", "--passphrase-file", "--guard", "--as"].contains(first),
                rest.count >= 2
            {
                leading += [rest.removeFirst(), rest.removeFirst()]
            } else {
                break
            }
        }
        return rest.isEmpty ? given : rest + leading
    }

    private static func status(
        of error: any Error,
        arguments: [String],
        terminal: Terminal
    ) -> Int32 {
        switch error {
        case let code as ExitCode: return code.rawValue
        case let failure as any Failure:
            terminal.report(failure)
            return ExitStatus(failure.kind).rawValue
        case is Interruption:
            terminal.note("error: interrupted")
            return 130
        default: break
        }
        guard PatientVault.exitCode(for: error) != .success else {
            // Help and version are answers, not errors.
            terminal.emit(Array((PatientVault.fullMessage(for: error) + "\n").utf8))
            return 0
        }
        if let usage = UsageProblem(error, arguments: arguments) {
            terminal.report(usage.complaint)
            return ExitStatus.usage.rawValue
        }
        terminal.report(
            Complaint(
                kind: .internalError,
                code: "internal",
                message: "something unforeseen went wrong",
                hint: "run `patientvault verify`, and please report this"
            )
        )
        return ExitStatus.internalError.rawValue
    }

    /// Ctrl-C ends the program at once: what was not committed is rolled back by the next start.
    private static func installSignalHandlers() {
        signal(SIGPIPE, SIG_IGN)
        // A parent may have started us with signals blocked.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&wanted, number) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, nil)
        signal(SIGINT) { _ in
            let line: StaticString = "error: interrupted; nothing half-written remains\n"
            _ = write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
            _exit(130)
        }
    }
}

/// A command line that could not be parsed, told without repeating what was typed.
struct UsageProblem {
    let complaint: Complaint

    /// Turns the parser's message into ours; values are left out, for a search term may be among them.
    init?(_ error: any Error, arguments: [String]) {
        guard PatientVault.exitCode(for: error).rawValue == ExitStatus.usage.rawValue else {
            return nil
        }
        let lines = PatientVault.message(for: error).split(separator: "\n")
        var text = lines.first.map(String.init) ?? "the command line cannot be understood"
        if text.hasPrefix("Error: ") { text.removeFirst(7) }
        let words = Self.commandWords(arguments)
        complaint = .usage(
            Self.withoutValues(text, known: Set(words)),
            hint: "see `patientvault \((["help"] + words).joined(separator: " "))`"
        )
    }

    /// The leading words that name a command.
    private static func commandWords(_ arguments: [String]) -> [String] {
        var words: [String] = []
        var commands = PatientVault.configuration.subcommands
        for argument in arguments {
            guard let next = commands.first(where: { $0._commandName == argument }) else { break }
            words.append(argument)
            commands = next.configuration.subcommands
        }
        return words
    }

    /// Keeps quoted options and placeholders, drops every other quoted text.
    private static func withoutValues(_ text: String, known: Set<String>) -> String {
        let pieces = text.split(separator: "'", omittingEmptySubsequences: false)
        var result = ""
        for (index, piece) in pieces.enumerated() {
            if index % 2 == 0 {
                result += piece
            } else {
                let isSafe =
                    piece.hasPrefix("-") || piece.hasPrefix("<") || known.contains(String(piece))
                let name = piece.split(separator: "=").first.map(String.init) ?? ""
                result += isSafe ? "`\(name)`" : "`…`"
            }
        }
        if let first = result.first { result = first.lowercased() + result.dropFirst() }
        while result.hasSuffix(".") { result.removeLast() }
        return result
    }
}
