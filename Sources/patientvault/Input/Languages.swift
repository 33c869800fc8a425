internal import PrivacyOffice
internal import VaultCore
internal import VaultServer

/// Finds the words of a language, for what patients read.
enum Languages {
    /// Reads the words of the pages on which people sign in, English first.
    ///
    /// - Returns: Every shipped language.
    /// - Throws: ``Complaint`` where a file cannot be read.
    static func pages() throws -> [PageWords] {
        let folder = try PolicyFolder.shipped().path
        return try Wording.languages.sorted { $0 == "en" && $1 != "en" }.map { code in
            guard
                let page = JSONValue(parsing: try Files.read("\(folder)/pages/\(code).json")),
                let words = JSONValue(
                    parsing: try Files.read("\(folder)/explanations/\(code).json")
                ), let found = PageWords(page: page, explanations: words)
            else {
                throw Complaint.badInput(
                    "the pages of language `\(code)` cannot be read",
                    hint: "take `Policies/pages/\(code).json` of the repository"
                )
            }
            return found
        }
    }

    /// Reads the shipped file of a language.
    ///
    /// - Parameter code: BCP 47; `nil` for English.
    /// - Returns: Its words.
    /// - Throws: ``Complaint`` where there is no such language, or its file cannot be read.
    static func wording(_ code: String?) throws -> Wording {
        let code = code ?? "en"
        guard Wording.languages.contains(code) else {
            throw Complaint.usage(
                "there is no such language here",
                hint: "one of " + Wording.languages.joined(separator: ", ")
            )
        }
        let folder = try PolicyFolder.shipped().path + "/explanations"
        guard let json = JSONValue(parsing: try Files.read("\(folder)/\(code).json")),
            let wording = Wording(json: json)
        else {
            throw Complaint.badInput(
                "the words of language `\(code)` cannot be read",
                hint: "take `Policies/explanations/\(code).json` of the repository"
            )
        }
        return wording
    }
}
