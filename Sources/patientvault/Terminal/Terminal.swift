#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif
internal import VaultCore

/// Where output goes: one JSON value or readable text on stdout, all else on stderr.
struct Terminal: Sendable {
    /// Whether stdout carries exactly one JSON value.
    let isJSON: Bool
    /// Whether text may be coloured: a terminal, and `NO_COLOR` unset.
    let isColoured: Bool
    /// Whether progress may be drawn on stderr.
    let showsProgress: Bool

    init(json: Bool) {
        isJSON = json
        let plain = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        isColoured = !json && !plain && isatty(STDOUT_FILENO) == 1
        showsProgress = !plain && isatty(STDERR_FILENO) == 1
    }

    /// Writes the one JSON value of a `--json` call.
    func answer(_ value: JSONValue) {
        write(value.prettyText, to: STDOUT_FILENO)
    }

    /// Writes a line for people; on stderr where stdout belongs to JSON.
    func say(_ line: String = "") {
        write(line + "\n", to: isJSON ? STDERR_FILENO : STDOUT_FILENO)
    }

    /// Writes bytes of a disclosure, as they are.
    func emit(_ bytes: [UInt8]) {
        writeAll(bytes, to: STDOUT_FILENO)
    }

    /// Writes a line to stderr.
    func note(_ line: String) {
        write(line + "\n", to: STDERR_FILENO)
    }

    /// Draws on stderr without ending the line.
    func draw(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Reports a failure: `error:` and `hint:` lines, and the JSON form where that is asked for.
    func report(_ failure: any Failure) {
        let paint = Paint(isOn: isatty(STDERR_FILENO) == 1 && isColouredError)
        note("\(paint.red("error:")) \(failure.message)")
        note("\(paint.dim("hint:")) \(failure.hint)")
        if isJSON {
            answer([
                "error": ["code": .string(failure.code), "message": .string(failure.message)]
            ])
        }
    }

    /// Colours for text on stdout.
    var paint: Paint { Paint(isOn: isColoured) }

    private var isColouredError: Bool { getenv("NO_COLOR").map { $0.pointee == 0 } ?? true }

    private func write(_ text: String, to descriptor: Int32) {
        writeAll(Array(text.utf8), to: descriptor)
    }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = Glibc.write(
                    descriptor,
                    buffer.baseAddress.map { $0 + offset },
                    buffer.count - offset
                )
                // A closed pipe ends the output quietly; the work itself is already durable.
                if count <= 0 { return }
                offset += count
            }
        }
    }
}

/// Colours, where a terminal has them.
struct Paint: Sendable {
    let isOn: Bool

    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }
    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }

    private func wrap(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
