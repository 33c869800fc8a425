import Foundation

/// The table of docs/authorization.md: what everybody gets from every route.
struct MatrixTable {
    /// Cells of each row, by the row's name and the column's heading.
    private(set) var cells: [String: [String: String]] = [:]
    private(set) var rows: [String] = []

    static let file = ServerHarness.project.appending(path: "docs/authorization.md")
    /// Rows that stand for many addresses.
    static let otherMethods = "others any -"
    static let otherAddresses = "GET others -"

    /// Names of all rows that there must be.
    static let names: [String] =
        MatrixRequest.all.flatMap { request in request.subjects.map(request.name) }
        + [otherMethods, otherAddresses]

    /// Reads the only table whose first heading is `method`.
    init(parsing text: String) {
        var headings: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard line.hasPrefix("|"), parts.count > 3 else { headings = []; continue }
            if parts[0] == "method" { headings = Array(parts.dropFirst(3)) }
            guard !headings.isEmpty, parts[0] != "method", !parts[0].hasPrefix("-") else {
                continue
            }
            let name = "\(parts[0]) \(parts[1].replacing("`", with: "")) \(parts[2])"
            rows.append(name)
            cells[name] = Dictionary(
                zip(headings, parts.dropFirst(3)),
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    /// The table as it stands in the page; cells of one heading on which its actors do not agree are joined.
    static func text(_ columns: [MatrixActor: [String: String]]) -> String {
        func line(_ parts: [String]) -> String { "| \(parts.joined(separator: " | ")) |" }
        var lines = [line(["method", "address", "whose"] + MatrixActor.columns)]
        lines.append(line([String](repeating: "-", count: MatrixActor.columns.count + 3)))
        func row(_ method: String, _ address: String, _ whose: String, _ name: String) {
            let found = MatrixActor.columns.map { column in
                Set(columns.filter { $0.key.column == column }.compactMap { $0.value[name] })
                    .sorted().joined(separator: "/")
            }
            lines.append(line([method, address, whose] + found))
        }
        for request in MatrixRequest.all {
            for subject in request.subjects {
                row(
                    request.methods.joined(separator: " "),
                    "`\(request.address)`",
                    subject.rawValue,
                    request.name(subject)
                )
            }
        }
        row("others", "any", "-", otherMethods)
        row("GET", "others", "-", otherAddresses)
        return lines.joined(separator: "\n")
    }
}
