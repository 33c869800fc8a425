/// Type and id of a resource: all that a Bundle's index needs, without a walk over the rest.
struct ResourceHead {
    let type: ResourceType
    /// Checked; empty where the resource has none.
    let id: ByteSpan

    init(type: ResourceType, id: ByteSpan) {
        self.type = type
        self.id = id
    }

    /// Reads the head with the same checks as ``ResourceSummary/gather(_:)``.
    ///
    /// - Parameter resource: The resource's object.
    /// - Throws: ``FHIRModelError/resource(_:byteOffset:)``.
    init(_ resource: JSONNode) throws(FHIRModelError) {
        let place = resource.byteRange.lowerBound
        guard resource.kind == .object else { throw .resource(.notAnObject, byteOffset: place) }
        type = try resourceType(of: resource)
        guard let node = resource["id"] else {
            id = .none
            return
        }
        let start = node.byteRange.lowerBound
        guard node.kind == .string else { throw .resource(.wrongType(.id), byteOffset: start) }
        id = ByteSpan(node.entry)
        guard !node.isEscaped, resource.document.withText(id, { isFHIRID($0) }) else {
            throw .resource(.badID, byteOffset: start)
        }
    }
}
