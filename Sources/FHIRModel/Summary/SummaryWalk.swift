/// The walk over one resource's tape that fills a ``ResourceSummary``.
///
/// Recursion is as deep as the JSON, which the parser has limited to `Limits.maximumJSONDepth`.
struct SummaryWalk {
    let document: JSONDocument
    let entries: UnsafePointer<TapeEntry>
    let bytes: UnsafePointer<UInt8>
    let names: NameTable
    let traits: [ElementTraits]
    /// Definitions and directory entries have dates of their own making, none of a patient's.
    let readsDates: Bool
    /// The member that must be one Reference: as a list or as text it would lose the owner.
    let ownerElement: ElementName?
    var summary: ResourceSummary

    init(document: JSONDocument, summary: ResourceSummary) {
        self.document = document
        entries = UnsafePointer(document.tape.entries)
        bytes = UnsafePointer(document.bytes)
        names = ElementName.table
        traits = ElementTraits.table
        let rule = OwnerRule.table[summary.type.place]
        readsDates = rule != .shared
        ownerElement = rule.ownerElement
        self.summary = summary
    }

    /// Where the walk stands: in the element `leaf` of the resource's member `top`.
    struct Context {
        var top: ElementName
        var leaf: ElementName
        var flags: UInt8
        /// The element around `leaf`.
        var around: ElementName
    }

    mutating func resource(at index: Int) throws(FHIRModelError) {
        var index = index + 1
        let end = Int(entries[index - 1].next)
        while index < end {
            let name = name(of: entries[index])
            let value = entries[index + 1]
            if value.kind == .string { head(name, value) }
            if name == ownerElement, value.kind != .object { throw wrongType(name, value) }
            try member(
                name,
                at: index + 1,
                Context(top: name, leaf: .unknown, flags: flags(below: name, 0), around: .unknown)
            )
            index = Int(value.next)
        }
    }

    /// A contained resource: its members are walked as its own, marked as contained.
    private mutating func containedResource(at index: Int) throws(FHIRModelError) {
        let node = JSONNode(document: document, index: index)
        let type = try resourceType(of: node)
        summary.containedTypes.append(type)
        var index = index + 1
        let end = Int(entries[index - 1].next)
        while index < end {
            let name = name(of: entries[index])
            try member(
                name,
                at: index + 1,
                Context(
                    top: name,
                    leaf: .unknown,
                    flags: flags(below: name, Place.contained | Place.dateless),
                    around: .unknown
                )
            )
            index = Int(entries[index + 1].next)
        }
    }

    /// What stands at the head of the resource itself.
    @inline(__always)
    private mutating func head(_ name: ElementName, _ value: TapeEntry) {
        switch name {
        case .id: summary.id = ByteSpan(value)
        case .status: summary.status = ByteSpan(value)
        default: break
        }
    }

    /// A member of a resource itself: what is no object here can still be text or a date.
    @inline(__always)
    private mutating func member(
        _ name: ElementName,
        at index: Int,
        _ context: Context
    ) throws(FHIRModelError) {
        var parts = ElementParts()
        try self.value(name, at: index, context, &parts)
        // Binary is an attachment without an element around it.
        if summary.type == .binary, parts.data.count > 0, context.flags & Place.contained == 0 {
            let node = JSONNode(document: document, index: 0)
            let type = node["contentType"].map { ByteSpan($0.entry) } ?? .none
            summary.attachments.append(
                AttachmentSpan(
                    data: parts.data,
                    contentType: type,
                    place: Place(top: .data, leaf: .data, flags: 0)
                )
            )
        }
    }

    /// One value under a name: checked, then noted or walked.
    @inline(__always)
    private mutating func value(
        _ name: ElementName,
        at index: Int,
        _ context: Context,
        _ parts: inout ElementParts
    ) throws(FHIRModelError) {
        let value = entries[index]
        let traits = traits[name.place]
        switch value.kind {
        case .string:
            guard traits.shapes.contains(.string) else { throw wrongType(name, value) }
            string(name, value, traits.use, context, &parts)
        case .object:
            guard traits.shapes.contains(.object) else { throw wrongType(name, value) }
            if name == .identifier { parts.identifier = index }
            try object(at: index, inside(name, context))
        case .array:
            guard !traits.shapes.isDisjoint(with: [.strings, .objects]) else {
                throw wrongType(name, value)
            }
            try array(name, at: index, traits, context, &parts)
        case .number:
            guard traits.shapes.contains(.number) else { throw wrongType(name, value) }
        case .yes, .no:
            guard traits.shapes.contains(.boolean) else { throw wrongType(name, value) }
        case .null, .key:
            guard traits.shapes.contains(.strange) else { throw wrongType(name, value) }
        }
    }

    private mutating func array(
        _ name: ElementName,
        at index: Int,
        _ traits: ElementTraits,
        _ context: Context,
        _ parts: inout ElementParts
    ) throws(FHIRModelError) {
        var place = index + 1
        let end = Int(entries[index].next)
        while place < end {
            let element = entries[place]
            switch element.kind {
            case .object:
                guard traits.shapes.contains(.objects) else { throw wrongType(name, element) }
                if name == .contained {
                    try containedResource(at: place)
                } else {
                    try object(at: place, inside(name, context))
                }
            case .string:
                guard traits.shapes.contains(.strings) else { throw wrongType(name, element) }
                string(name, element, traits.use, context, &parts)
            case .null:
                // An array of primitives may hold null where only its extension is given.
                guard traits.shapes.contains(.strings) else { throw wrongType(name, element) }
            case .array:
                guard traits.shapes == .any else { throw wrongType(name, element) }
                try array(name, at: place, traits, context, &parts)
            case .number, .yes, .no, .key:
                guard traits.shapes == .any else { throw wrongType(name, element) }
            }
            place = Int(element.next)
        }
    }

    /// An object below the resource: its members first, then what it is as a whole.
    private mutating func object(at index: Int, _ context: Context) throws(FHIRModelError) {
        var parts = ElementParts()
        var place = index + 1
        let end = Int(entries[index].next)
        while place < end {
            let name = name(of: entries[place])
            parts.see(name)
            try value(name, at: place + 1, context, &parts)
            place = Int(entries[place + 1].next)
        }
        finish(parts, context)
    }

    @inline(__always)
    private func inside(_ name: ElementName, _ context: Context) -> Context {
        Context(
            top: context.top,
            leaf: name,
            flags: flags(below: name, context.flags),
            around: context.leaf
        )
    }

    @inline(__always)
    private func flags(below name: ElementName, _ flags: UInt8) -> UInt8 {
        let traits = traits[name.place]
        var flags = flags
        if traits.hidesDates { flags |= Place.dateless }
        if traits.isPersonal { flags |= Place.personal }
        switch name {
        case .extension, .modifierExtension: flags |= Place.extended
        case .meta: flags |= Place.meta
        default: break
        }
        return flags
    }

    @inline(__always)
    private func name(of key: TapeEntry) -> ElementName {
        guard let place = names.place(key, in: bytes) else { return .unknown }
        return unsafeBitCast(UInt8(truncatingIfNeeded: place), to: ElementName.self)
    }

    private func wrongType(_ name: ElementName, _ value: TapeEntry) -> FHIRModelError {
        .resource(.wrongType(name), byteOffset: Int(value.start))
    }
}
