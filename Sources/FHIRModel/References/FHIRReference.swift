/// What kind of link the text of a Reference is.
///
/// Source: FHIR R4, References, section 2.3.0; transactions, section 3.1.0.11.
public enum ReferenceForm: Sendable, Hashable {
    /// `urn:uuid:…`: another entry of the same Bundle.
    case uuid
    /// `urn:oid:…`: another entry of the same Bundle.
    case oid
    /// `#id`: a resource contained in this one; `#` alone is this one.
    case contained
    /// `Type/id`, with or without a base URL before it and a version behind it.
    case literal(ResourceType)
    /// `Type?parameters`: whatever resource a search finds.
    case conditional(ResourceType)
    /// No text: an identifier or only a display text.
    case logical
    /// Anything else, such as the address of a web page.
    case other
}

/// The text of a Reference taken apart, in place.
public struct FHIRReference: Sendable, Hashable {
    /// What kind of link it is.
    public let form: ReferenceForm
    /// For literal references what stands before `Type/id`, with its last slash; empty when relative.
    public let base: Range<Int>
    /// For literal references the id; for contained ones what follows `#`; for conditional ones the search.
    public let id: Range<Int>
    /// What follows `/_history/`; empty where no version is named.
    public let version: Range<Int>

    /// Takes the text of a Reference apart.
    ///
    /// - Parameter text: `Reference.reference`, escapes undone; the ranges count from its first byte.
    public init(_ text: UnsafeRawBufferPointer) {
        if text.isEmpty {
            self.init(.logical)
        } else if text[0] == 0x23 {
            self.init(.contained, id: 1..<text.count)
        } else if hasPrefix(text, "urn:uuid:") {
            self.init(.uuid, id: 9..<text.count)
        } else if hasPrefix(text, "urn:oid:") {
            self.init(.oid, id: 8..<text.count)
        } else if let mark = firstIndex(of: 0x3F, in: text) {
            self = Self.conditional(text, mark) ?? FHIRReference(.other)
        } else {
            self = Self.literal(text) ?? FHIRReference(.other)
        }
    }

    private init(
        _ form: ReferenceForm,
        base: Range<Int> = 0..<0,
        id: Range<Int> = 0..<0,
        version: Range<Int> = 0..<0
    ) {
        self.form = form
        self.base = base
        self.id = id
        self.version = version
    }

    private static func conditional(_ text: UnsafeRawBufferPointer, _ mark: Int) -> FHIRReference? {
        let name = UnsafeRawBufferPointer(rebasing: text[..<mark])
        guard let type = ResourceType(name), mark + 1 < text.count else { return nil }
        return FHIRReference(.conditional(type), id: mark + 1..<text.count)
    }

    /// Reads from the end: `…/Type/id` or `…/Type/id/_history/version`.
    private static func literal(_ text: UnsafeRawBufferPointer) -> FHIRReference? {
        guard let last = lastIndex(of: 0x2F, in: text, before: text.count) else { return nil }
        var idEnd = text.count
        var idStart = last + 1
        var version = 0..<0
        if last > 8, hasPrefix(UnsafeRawBufferPointer(rebasing: text[(last - 9)...]), "/_history") {
            version = last + 1..<text.count
            idEnd = last - 9
            guard !version.isEmpty, let slash = lastIndex(of: 0x2F, in: text, before: idEnd)
            else {
                return nil
            }
            idStart = slash + 1
        }
        let typeEnd = idStart - 1
        guard typeEnd > 0,
            isFHIRID(UnsafeRawBufferPointer(rebasing: text[idStart..<idEnd]))
        else { return nil }
        let typeStart = lastIndex(of: 0x2F, in: text, before: typeEnd).map { $0 + 1 } ?? 0
        let name = UnsafeRawBufferPointer(rebasing: text[typeStart..<typeEnd])
        guard let type = ResourceType(name) else { return nil }
        return FHIRReference(
            .literal(type),
            base: 0..<typeStart,
            id: idStart..<idEnd,
            version: version
        )
    }
}

extension ReferenceSpan {
    /// Takes the reference's text apart.
    ///
    /// - Parameter document: The document this span came from.
    /// - Returns: Its form; ``ReferenceForm/logical`` where it has no text.
    public func parsed(in document: JSONDocument) -> FHIRReference {
        document.withText(reference) { FHIRReference($0) }
    }

    /// The resource type it names: by its text, else by `Reference.type`; `nil` where it says neither.
    ///
    /// - Parameter document: The document this span came from.
    /// - Returns: The type.
    public func targetType(in document: JSONDocument) -> ResourceType? {
        switch parsed(in: document).form {
        case .literal(let type), .conditional(let type): type
        case .uuid, .oid, .contained, .logical, .other:
            document.withText(type) { ResourceType($0) }
        }
    }

    /// Whether it names one who wrote, ordered, asserted or did what the resource tells of.
    ///
    /// These are the authors that a consent's "authored by" means; the whole list is in
    /// docs/design/fhir-model.md.
    public var isAuthor: Bool {
        if place.isContained || place.isInExtension { return false }
        switch place.leaf {
        case .author, .authorReference, .recorder, .asserter, .requester, .performer, .sender,
            .provider, .enterer, .informationSource, .operator, .prescriber, .assessor,
            .interpreter, .resultsInterpreter, .who:
            return true
        case .individual, .member: return place.top == .participant
        case .actor: return place.top == .participant || place.top == .performer
        case .source: return place.top == .source
        case .party: return place.top == .attester
        default: return false
        }
    }
}
