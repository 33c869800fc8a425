internal import FHIRModel

/// A JSON Patch: all of its operations or none.
///
/// Source: RFC 6902; pointers by RFC 6901.
struct JSONPatch {
    private enum Operation {
        case add([String], JSONTree)
        case remove([String])
        case replace([String], JSONTree)
        case move(from: [String], [String])
        case copy(from: [String], [String])
        case test([String], JSONTree)
    }

    private let operations: [Operation]

    /// Reads a patch.
    init(_ root: JSONNode) throws {
        guard root.kind == .array, root.count <= 200 else {
            throw Problem.invalid("a JSON Patch is a list of at most 200 operations")
        }
        operations = try root.elements.map { try Self.operation($0) }
    }

    private static func operation(_ node: JSONNode) throws -> Operation {
        let bad = Problem.invalid("an operation of the patch is not well-formed")
        guard let path = node["path"]?.string.flatMap(pointer) else { throw bad }
        func value() throws -> JSONTree {
            guard let value = node["value"] else { throw bad }
            return JSONTree(value)
        }
        func from() throws -> [String] {
            guard let from = node["from"]?.string.flatMap(pointer) else { throw bad }
            return from
        }
        switch node["op"]?.string {
        case "add": return .add(path, try value())
        case "remove": return .remove(path)
        case "replace": return .replace(path, try value())
        case "move": return .move(from: try from(), path)
        case "copy": return .copy(from: try from(), path)
        case "test": return .test(path, try value())
        default: throw bad
        }
    }

    private static func pointer(_ text: String) -> [String]? {
        if text.isEmpty { return [] }
        guard text.hasPrefix("/") else { return nil }
        return text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The patched resource.
    func applied(to tree: JSONTree) throws -> JSONTree {
        var tree = tree
        for operation in operations {
            switch operation {
            case .add(let path, let value): try Self.change(&tree, path[...], .insert(value))
            case .remove(let path): try Self.change(&tree, path[...], .remove)
            case .replace(let path, let value): try Self.change(&tree, path[...], .replace(value))
            case .move(let from, let path):
                guard !path.starts(with: from) || path == from else { throw Self.missing }
                let value = try Self.value(tree, at: from)
                try Self.change(&tree, from[...], .remove)
                try Self.change(&tree, path[...], .insert(value))
            case .copy(let from, let path):
                try Self.change(&tree, path[...], .insert(try Self.value(tree, at: from)))
            case .test(let path, let value):
                guard try Self.value(tree, at: path) == value else {
                    throw Problem(422, "business-rule", "a test of the patch does not hold")
                }
            }
        }
        return tree
    }

    private enum Change {
        case insert(JSONTree)
        case replace(JSONTree)
        case remove
    }

    private static let missing = Problem(422, "business-rule", "a path of the patch is not there")

    private static func value(_ tree: JSONTree, at path: [String]) throws -> JSONTree {
        var tree = tree
        for step in path {
            switch tree {
            case .object:
                guard let next = tree[step] else { throw missing }
                tree = next
            case .array(let values):
                guard let place = index(step), place < values.count else { throw missing }
                tree = values[place]
            case .leaf: throw missing
            }
        }
        return tree
    }

    private static func index(_ text: String) -> Int? {
        guard text == "0" || text.first != "0", text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    private static func change(
        _ tree: inout JSONTree,
        _ path: ArraySlice<String>,
        _ change: Change
    ) throws {
        guard let step = path.first else {
            switch change {
            case .insert(let value), .replace(let value): tree = value
            case .remove: throw missing
            }
            return
        }
        let isLast = path.count == 1
        switch tree {
        case .object:
            if isLast {
                if case .insert(let value) = change {
                    tree[step] = value
                    return
                }
                guard tree[step] != nil else { throw missing }
                if case .replace(let value) = change {
                    tree[step] = value
                } else {
                    tree[step] = nil
                }
                return
            }
            guard var next = tree[step] else { throw missing }
            try Self.change(&next, path.dropFirst(), change)
            tree[step] = next
        case .array(var values):
            let place = step == "-" ? values.count : index(step) ?? -1
            if isLast, case .insert(let value) = change {
                guard (0...values.count).contains(place) else { throw missing }
                values.insert(value, at: place)
                tree = .array(values)
                return
            }
            guard values.indices.contains(place) else { throw missing }
            if isLast {
                if case .replace(let value) = change {
                    values[place] = value
                } else {
                    values.remove(at: place)
                }
            } else {
                try Self.change(&values[place], path.dropFirst(), change)
            }
            tree = .array(values)
        case .leaf: throw missing
        }
    }
}
