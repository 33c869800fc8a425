internal import VaultCore

/// Small helps for readable lines.
enum Words {
    /// Groups of three digits: `12,345`.
    static func number(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out += "," }
            out.append(digit)
        }
        return value < 0 ? "-" + out : out
    }

    static func number(_ value: Int) -> String { number(Int64(value)) }

    /// `1 entry`, `2 entries`.
    static func count(_ value: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number(value)) \(value == 1 ? one : many ?? one + "s")"
    }

    /// A word as a shell takes it: bare where nothing in it is special, else between quotes.
    static func shellWord(_ word: String) -> String {
        let special = " \t\n|&;<>()$`\\\"'*?[]#~{}!"
        guard word.isEmpty || word.contains(where: { special.contains($0) }) else { return word }
        if !word.contains(where: { "\"$`\\!".contains($0) }) { return "\"\(word)\"" }
        return "'"
            + word.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }

    /// Fills with blanks up to a width.
    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - Table.width(text)))
    }

    /// `2026-11-22 08:00` in UTC.
    static func time(_ time: Instant) -> String {
        let text = time.description
        return String(text.prefix(16)).replacing("T", with: " ")
    }

    /// Text from a file or log without control characters, which could steer a terminal.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
            )
        )
    }
}
