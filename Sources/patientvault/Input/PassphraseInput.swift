#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import Sealing
internal import VaultCore

/// Where a passphrase or a password comes from: a file, or a terminal without echo; never an argument.
struct PassphraseInput {
    /// From `--passphrase-file` or `PATIENTVAULT_PASSPHRASE_FILE`; a password's from its own option.
    let file: String?
    /// What is asked for, as messages call it.
    private let name: String
    private let option: String

    init(option: String?) {
        file = option ?? Environment["PATIENTVAULT_PASSPHRASE_FILE"]
        name = "passphrase"
        self.option = "`--passphrase-file FILE` or set `PATIENTVAULT_PASSPHRASE_FILE`"
    }

    init(password file: String?) {
        self.file = file
        name = "password"
        option = "`--password-file FILE`"
    }

    /// Whether there is any way to get one without failing.
    var isAvailable: Bool { file != nil || isatty(STDIN_FILENO) == 1 }

    /// Reads the passphrase; one line feed at the end of a file is not part of it.
    ///
    /// - Parameter confirming: Whether a typed one is asked for twice.
    /// - Returns: The passphrase in locked memory.
    /// - Throws: A ``Failure``, or ``Interruption`` where Ctrl-C was pressed.
    func read(confirming: Bool = false) throws -> SecretBytes {
        if let file {
            var bytes = try Files.read(file)
            if bytes.last == 0x0A { bytes.removeLast() }
            if bytes.last == 0x0D { bytes.removeLast() }
            return try secret(&bytes)
        }
        var typed = try prompt("\(name): ")
        if confirming {
            let again = try prompt("the same again: ")
            guard typed == again else {
                throw Complaint.badInput(
                    "the two \(name)s differ",
                    hint: "run the command again"
                )
            }
        }
        return try secret(&typed)
    }

    private func secret(_ bytes: inout [UInt8]) throws -> SecretBytes {
        guard !bytes.isEmpty else {
            throw Complaint.badInput(
                "the \(name) is empty",
                hint: "use a sentence that only you know"
            )
        }
        guard bytes.count <= SecretBytes.maximumByteCount else {
            throw Complaint.badInput(
                "the \(name) is longer than \(SecretBytes.maximumByteCount) bytes",
                hint: "check that the right file was given"
            )
        }
        return try SecretBytes(taking: &bytes)
    }

    /// Reads a line from the terminal without echo.
    ///
    /// Signals are off meanwhile, so that Ctrl-C cannot leave the terminal without echo.
    private func prompt(_ text: String) throws -> [UInt8] {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
        var before = termios()
        guard descriptor >= 0, tcgetattr(descriptor, &before) == 0 else {
            if descriptor >= 0 { _ = close(descriptor) }
            throw Complaint(
                kind: .notAllowed,
                code: "\(name).missing",
                message: "there is no \(name) and no terminal to ask on",
                hint: "give \(option)"
            )
        }
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(descriptor, TCSAFLUSH, &quiet)
        defer {
            tcsetattr(descriptor, TCSAFLUSH, &before)
            _ = write(descriptor, "\n", 1)
            _ = close(descriptor)
        }
        _ = write(descriptor, text, text.utf8.count)
        return try line(from: descriptor)
    }

    private func line(from descriptor: Int32) throws -> [UInt8] {
        var typed: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(descriptor, &byte, 1) == 1 {
            switch byte {
            case 0x0A, 0x0D, 0x04: return typed
            case 0x03: throw Interruption()
            case 0x08, 0x7F:
                while let last = typed.popLast(), last & 0xC0 == 0x80 {}
            default: typed.append(byte)
            }
        }
        return typed
    }
}

/// The user pressed Ctrl-C where signals were off.
struct Interruption: Error {}

/// Environment variables.
enum Environment {
    static subscript(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
