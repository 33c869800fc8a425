public import FHIRModel
internal import VaultCore

/// One thing that is wrong with a resource's structure; names elements, never values.
public struct StructureProblem: Sendable, Hashable {
    /// What kind of thing, as the codes of FHIR's `issue-type` name it.
    public enum Kind: String, Sendable, Hashable {
        /// An element that the type does not have, or one of the wrong shape.
        case structure
        /// An element that must be there is not.
        case required
        /// A value that is none of its kind.
        case value
        /// A code that is not among the allowed ones.
        case codeInvalid = "code-invalid"
    }

    /// What kind of thing.
    public let kind: Kind
    /// Where, as FHIRPath: `Patient.birthDate`.
    public let expression: String
    /// In words.
    public let words: String
}

/// Checks the outermost elements of a resource against FHIR 4.0.1: names, shapes, lists, what must be there,
/// dates, and codes of required bindings.
///
/// What lies deeper, invariants and profiles are not looked at, and the CapabilityStatement says so.
public enum StructureCheck {
    /// Looks for problems.
    ///
    /// - Parameter root: A resource's object.
    /// - Returns: At most 50; empty where nothing was found.
    public static func problems(of root: JSONNode) -> [StructureProblem] {
        guard let type = root["resourceType"]?.string.flatMap({ ResourceType(named: $0) }) else {
            return [StructureProblem(kind: .structure, expression: "", words: "no resource type")]
        }
        var found: [StructureProblem] = []
        let table = ElementTable.standard
        for (key, value) in root.members {
            guard let name = key.string, !ElementTable.common.contains(name),
                !(name.hasPrefix("_") && ElementTable.common.contains(String(name.dropFirst())))
            else { continue }
            guard let element = table.element(name, of: type) else {
                let expression = "\(type.rawValue).\(printable(name))"
                found.append(
                    StructureProblem(
                        kind: .structure,
                        expression: expression,
                        words: "this type has no such element"
                    )
                )
                continue
            }
            if !name.hasPrefix("_") { check(value, element, type, name, &found) }
            if found.count >= 50 { return found }
        }
        for element in table.elements(of: type) where element.isRequired {
            let isThere = root.members.contains { key, _ in
                key.string.map { table.element($0, of: type)?.name == element.name } ?? false
            }
            if !isThere {
                found.append(
                    StructureProblem(
                        kind: .required,
                        expression: "\(type.rawValue).\(element.name)",
                        words: "this element must be there"
                    )
                )
            }
        }
        return found
    }

    private static func check(
        _ value: JSONNode,
        _ element: ElementTable.Element,
        _ type: ResourceType,
        _ name: String,
        _ found: inout [StructureProblem]
    ) {
        let expression = "\(type.rawValue).\(name)"
        func report(_ kind: StructureProblem.Kind, _ words: String) {
            found.append(StructureProblem(kind: kind, expression: expression, words: words))
        }
        guard (value.kind == .array) == element.isList else {
            return report(.structure, element.isList ? "this is a list" : "this is no list")
        }
        let values = element.isList ? Array(value.elements) : [value]
        if values.isEmpty { report(.structure, "a list may not be empty") }
        for value in values {
            // A null stands where only an extension of the value is given.
            if element.isList, value.kind == .null { continue }
            switch element.shape {
            case .any: continue
            case .object:
                if value.kind != .object { report(.structure, "this is an object") }
            case .boolean:
                if value.kind != .boolean { report(.structure, "this is true or false") }
            case .number:
                if value.kind != .number { report(.structure, "this is a number") }
            case .date:
                if PartialDate(value.string ?? "") == nil { report(.value, "this is no date") }
            case .text:
                guard let text = value.string, !text.isEmpty else {
                    report(.structure, "this is a text that is not empty")
                    continue
                }
                if !element.codes.isEmpty, !element.codes.contains(text) {
                    report(.codeInvalid, "this code is not allowed here")
                }
            }
        }
    }

    /// An unknown element's name as far as it is one: nothing of a client's text goes into an answer.
    private static func printable(_ name: String) -> String {
        name.utf8.count <= 64
            && name.utf8.allSatisfy { FHIRID(String(decoding: [$0], as: UTF8.self)) != nil }
            ? name : "…"
    }
}
