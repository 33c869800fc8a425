import Foundation

/// What a case of the corpus consists of, with everything left out that two alike cases may differ in.
///
/// Kept are which elements there are, every code, kind, role, status, purpose and truth value, and who is
/// named by a reference; left out are other texts, numbers and times.
struct CorpusPattern {
    private static let coded: Set<String> = [
        "code", "status", "type", "kind", "system", "role", "purpose", "action", "resourceType",
        "intent", "reason", "country", "meaning", "reference", "identifier", "patient", "language",
        "contentType", "claim", "items", "blocked", "display",
    ]

    private var found: Set<String> = []

    /// The pattern of a line of `policy decide`.
    static func text(of line: [String: Any]) -> String {
        var pattern = CorpusPattern()
        var line = line
        line["id"] = nil
        line["now"] = shape(ofTime: line["now"])
        pattern.take(line, "")
        return pattern.found.sorted().joined(separator: "\n")
    }

    private static func shape(ofTime value: Any?) -> Any? {
        guard let text = value as? String else { return value }
        let digits = text.map { $0.isNumber ? "9" : String($0) }.joined()
        return ["code": digits]
    }

    private mutating func take(_ value: Any, _ path: String) {
        switch value {
        case let object as [String: Any]:
            if object.isEmpty { found.insert("\(path)={}") }
            for (key, inner) in object { take(inner, "\(path).\(key)") }
        case let list as [Any]:
            if list.isEmpty { found.insert("\(path)=[]") }
            for inner in list { take(inner, path) }
        default:
            let key = path.split(separator: ".").last.map(String.init) ?? ""
            let isKept = Self.coded.contains(key) || value is NSNull || value is Bool
            found.insert("\(path)=\(isKept ? "\(value)" : "*")")
        }
    }
}
