/// What the vault needs to know of a resource, gathered in one walk over its tape.
///
/// Everything is a place in the document; text is made only when asked for. The arrays are reused from
/// one resource to the next. What each means, and where FHIR's types differ, is in
/// docs/design/fhir-model.md.
public struct ResourceSummary: Sendable {
    /// The resource's type.
    public internal(set) var type = ResourceType.basic
    /// Tape index of the resource's object.
    var root = 0
    /// `id`, checked; empty where the resource has none.
    public internal(set) var id = ByteSpan.none
    /// `meta.versionId`; empty where there is none.
    public internal(set) var versionID = ByteSpan.none
    /// `meta.lastUpdated`; empty where there is none.
    public internal(set) var lastUpdated = ByteSpan.none
    /// `status` where it is a code; empty where there is none.
    public internal(set) var status = ByteSpan.none
    /// `meta.security`: labels the sender has set.
    public internal(set) var securityLabels: [CodingSpan] = []
    /// Every other Coding, those in extensions, contained resources and `meta.tag` included.
    public internal(set) var codings: [CodingSpan] = []
    /// Every Reference, those in extensions and contained resources included.
    public internal(set) var references: [ReferenceSpan] = []
    /// Every string that may be free text.
    public internal(set) var texts: [TextSpan] = []
    /// Base64 content inside the resource.
    public internal(set) var attachments: [AttachmentSpan] = []
    /// `Attachment.url` of attachments whose content is elsewhere, such as `Binary/7`: who refers to a Binary
    /// so, owns it.
    public internal(set) var attachmentLinks: [TextSpan] = []
    /// Types of the contained resources.
    public internal(set) var containedTypes: [ResourceType] = []
    /// When what the record tells of happened: from the earliest to the latest of its clinical dates.
    public internal(set) var happened: TimeSpan?
    /// When it was written down, issued or received.
    public internal(set) var recorded: TimeSpan?
    /// Whether a date could not be read; the time is then ``TimeSpan/unknown``.
    public internal(set) var hasUnreadableTime = false

    /// Makes an empty summary to gather into.
    public init() {}

    /// The time that rules about dates look at: ``happened``, else ``recorded``; `nil` without dates.
    public var clinicalTime: TimeSpan? { happened ?? recorded }

    /// Gathers from a resource, replacing what was gathered before.
    ///
    /// - Parameter resource: The resource's object.
    /// - Throws: ``FHIRModelError/resource(_:byteOffset:)`` where the JSON is no R4 resource, or an
    ///   element that this summary reads has a JSON type that FHIR does not give it.
    public mutating func gather(_ resource: JSONNode) throws(FHIRModelError) {
        clear()
        let head = resource.entry
        guard head.kind == .object else {
            throw .resource(.notAnObject, byteOffset: Int(head.start))
        }
        type = try resourceType(of: resource)
        root = resource.index
        var walk = SummaryWalk(document: resource.document, summary: self)
        self = ResourceSummary()
        do throws(FHIRModelError) {
            try walk.resource(at: resource.index)
        } catch {
            self = walk.summary
            throw error
        }
        self = walk.summary
        try checkID(in: resource)
    }

    /// The Codings of the resource's `code` (of a Medication or Condition, the thing itself).
    public var codes: some Sequence<CodingSpan> {
        codings.lazy.filter { $0.place.top == .code && !$0.place.isContained }
    }

    /// The Codings of `category`.
    public var categories: some Sequence<CodingSpan> {
        codings.lazy.filter { $0.place.top == .category && !$0.place.isContained }
    }

    /// The References to encounters the resource belongs to, `encounter` or `context`, at any depth.
    public var encounters: some Sequence<ReferenceSpan> {
        references.lazy.filter {
            ($0.place.leaf == .encounter || $0.place.leaf == .context) && !$0.place.isContained
        }
    }

    /// The References to those who wrote, ordered, asserted or did it; see ``ReferenceSpan/isAuthor``.
    public var authors: some Sequence<ReferenceSpan> {
        references.lazy.filter { $0.isAuthor }
    }

    private mutating func clear() {
        id = .none
        versionID = .none
        lastUpdated = .none
        status = .none
        securityLabels.removeAll(keepingCapacity: true)
        codings.removeAll(keepingCapacity: true)
        references.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        attachments.removeAll(keepingCapacity: true)
        attachmentLinks.removeAll(keepingCapacity: true)
        containedTypes.removeAll(keepingCapacity: true)
        happened = nil
        recorded = nil
        hasUnreadableTime = false
    }

    private func checkID(in resource: JSONNode) throws(FHIRModelError) {
        guard let node = resource["id"] else { return }
        // No character of an id needs an escape; one written so would be compared wrongly elsewhere.
        let isValid = !id.isEscaped && resource.document.withText(id) { isFHIRID($0) }
        if !isValid { throw .resource(.badID, byteOffset: node.byteRange.lowerBound) }
    }
}

/// The type of a resource's object, wherever in it `resourceType` stands.
///
/// - Parameter resource: An object.
/// - Returns: Its type.
/// - Throws: ``FHIRModelError/resource(_:byteOffset:)`` where there is none or R4 does not know it.
func resourceType(of resource: JSONNode) throws(FHIRModelError) -> ResourceType {
    guard let node = resource["resourceType"], node.kind == .string else {
        throw .resource(.missingResourceType, byteOffset: resource.byteRange.lowerBound)
    }
    guard let type = ResourceType(node.entry, in: node.document.bytes) else {
        throw .resource(.unknownResourceType, byteOffset: node.byteRange.lowerBound)
    }
    return type
}
