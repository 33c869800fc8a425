public import FHIRModel

/// Part of a resource, as `_elements` and `_summary` want it, marked `SUBSETTED`.
public struct ResourceProjection: Sendable {
    private let mode: SummaryMode
    private let elements: Set<String>

    /// Prepares a projection; `nil` where the whole resource is wanted.
    ///
    /// - Parameters:
    ///   - mode: `_summary`.
    ///   - elements: `_elements`; mandatory ones and the id stay in any case.
    public init?(mode: SummaryMode, elements: [String]) {
        guard mode != .false && mode != .count || !elements.isEmpty else { return nil }
        self.mode = mode
        self.elements = Set(elements.map { String($0.split(separator: ".").last ?? "") })
    }

    /// The part of a resource that is wanted.
    ///
    /// - Parameter root: The resource.
    /// - Returns: UTF-8 JSON.
    public func bytes(of root: JSONNode) -> [UInt8] {
        var out: [UInt8] = [0x7B]
        guard let type = root["resourceType"]?.string.flatMap({ ResourceType(named: $0) }) else {
            return Array("{}".utf8)
        }
        var hasMeta = false
        for (key, value) in root.members {
            guard let name = key.string else { continue }
            if name == "meta" {
                hasMeta = true
                append("meta", subsetted(value), to: &out)
            } else if isWanted(name, of: type) {
                append(name, value.withBytes { Array($0) }, to: &out)
            }
        }
        if !hasMeta { append("meta", Array("{\(Self.tags)}".utf8), to: &out) }
        out.append(0x7D)
        return out
    }

    private static let coding =
        #"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#
    private static let tags = #""tag":[\#(coding)]"#

    private func append(_ name: String, _ value: [UInt8], to out: inout [UInt8]) {
        if out.count > 1 { out.append(0x2C) }
        out += "\"\(name)\":".utf8
        out += value
    }

    private func subsetted(_ meta: JSONNode) -> [UInt8] {
        var out: [UInt8] = [0x7B]
        for (key, value) in meta.members {
            guard let name = key.string else { continue }
            var bytes = value.withBytes { Array($0) }
            if name == "tag", value.kind == .array, value.count > 0 {
                bytes.removeLast()
                bytes += ",\(Self.coding)]".utf8
            } else if name == "tag" {
                continue
            }
            append(name, bytes, to: &out)
        }
        if meta["tag"]?.count ?? 0 == 0 {
            if out.count > 1 { out.append(0x2C) }
            out += Self.tags.utf8
        }
        out.append(0x7D)
        return out
    }

    private func isWanted(_ name: String, of type: ResourceType) -> Bool {
        if name == "resourceType" || name == "id" { return true }
        let element = ElementTable.standard.element(name, of: type)
        if !elements.isEmpty {
            if element?.isRequired == true { return true }
            let base = element?.name ?? (name.hasPrefix("_") ? String(name.dropFirst()) : name)
            return elements.contains(base) || elements.contains(name)
        }
        switch mode {
        case .true: return element?.isSummary == true || name == "implicitRules"
        case .text: return name == "text" || element?.isRequired == true
        case .data: return name != "text"
        case .false, .count: return true
        }
    }
}
