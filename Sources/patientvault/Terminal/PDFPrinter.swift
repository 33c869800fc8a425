#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

/// Turns HTML pages into PDF with Debian's `weasyprint`, a program of its own that gets files and no secret.
struct PDFPrinter {
    private let program: String

    /// Finds the program.
    ///
    /// - Throws: ``Complaint`` of kind `missingInput` where it is not installed.
    init() throws {
        let folders = (Environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let places = folders.map { "\($0)/weasyprint" }
        guard let found = places.first(where: { access($0, X_OK) == 0 }) else {
            throw Complaint(
                kind: .missingInput,
                code: "pdf.noPrinter",
                message: "`weasyprint` is not installed",
                hint:
                    "apt-get install weasyprint fonts-noto-core fonts-noto-cjk; HTML needs neither"
            )
        }
        program = found
    }

    /// Sets `NAME.html` as `NAME.pdf`, mode 0600.
    ///
    /// - Parameter names: Paths without ending.
    /// - Throws: ``Complaint`` of kind `inputOutput` for the first page that could not be set.
    func typeset(_ names: [String]) throws {
        for name in names {
            let status = run([program, "--quiet", "\(name).html", "\(name).pdf"])
            guard status == 0, chmod("\(name).pdf", 0o600) == 0 else {
                throw Complaint(
                    kind: .inputOutput,
                    code: "pdf.failed",
                    message: "`\(name).html` could not be set as PDF",
                    hint: "open the HTML page in a browser and print it from there"
                )
            }
        }
    }

    private func run(_ words: [String]) -> Int32 {
        var arguments = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child = pid_t()
        guard posix_spawn(&child, program, nil, nil, arguments, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            if errno != EINTR { return -1 }
        }
        return status
    }
}
