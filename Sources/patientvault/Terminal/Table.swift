/// A table whose columns align in every script.
struct Table {
    private var rows: [[String]]
    private let numeric: Set<Int>

    /// Starts a table.
    ///
    /// - Parameters:
    ///   - header: Column titles.
    ///   - numeric: Columns set flush right.
    init(_ header: [String], numeric: Set<Int> = []) {
        rows = [header]
        self.numeric = numeric
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    var isEmpty: Bool { rows.count == 1 }

    /// The lines, header first.
    func lines(paint: Paint) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? Self.width($0[column]) : 0 }.max() ?? 0
        }
        return rows.enumerated().map { index, cells in
            var line = cells.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: widths[column] - Self.width(cell))
                return numeric.contains(column) ? gap + cell : cell + gap
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return index == 0 ? paint.bold(line) : line
        }
    }

    /// Columns a text takes in a terminal: none for combining marks, two for East Asian wide characters.
    static func width(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let scalar = character.unicodeScalars.first else { return sum }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
                0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF:
                return sum + 2
            default: return sum + 1
            }
        }
    }
}
