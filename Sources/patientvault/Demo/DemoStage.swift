internal import ArgumentParser
#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

/// Runs the very commands that it shows, and insists on how each must end.
struct DemoStage {
    let terminal: Terminal

    /// A heading of the story.
    func chapter(_ title: String) {
        terminal.say()
        terminal.say(terminal.paint.bold("── \(title)"))
    }

    func say(_ line: String) { terminal.say(line) }

    /// Runs one command line.
    ///
    /// - Parameters:
    ///   - arguments: After `patientvault`.
    ///   - shown: How it is written where that is shorter.
    ///   - status: How it must end.
    /// - Throws: ``Complaint`` where it ends in any other way.
    func run(
        _ arguments: [String],
        shown: String? = nil,
        expecting status: ExitStatus = .done
    ) throws {
        let line = shown ?? arguments.map(Words.shellWord).joined(separator: " ")
        terminal.say(terminal.paint.dim("$ patientvault \(line)"))
        var ended = ExitStatus.done.rawValue
        do {
            var command = try PatientVault.parseAsRoot(arguments)
            try command.run()
        } catch let code as ExitCode {
            ended = code.rawValue
        } catch let failure as any Failure {
            terminal.report(failure)
            ended = ExitStatus(failure.kind).rawValue
        }
        guard ended == status.rawValue else {
            throw Complaint(
                kind: .internalError,
                code: "demo.step",
                message: "this step ended with \(ended) instead of \(status.rawValue)",
                hint: "please report this with the transcript"
            )
        }
        if ended != 0 { terminal.say(terminal.paint.dim("(exit \(ended), as it must)")) }
    }

    /// A path as a user in the present folder would type it.
    static func short(_ path: String) -> String {
        guard let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        let prefix = String(cString: here) + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }
}
