/// The members of one object that decide whether it is a Coding, a Reference or an Attachment.
struct ElementParts {
    var system = ByteSpan.none
    var code = ByteSpan.none
    var display = ByteSpan.none
    var reference = ByteSpan.none
    var type = ByteSpan.none
    var data = ByteSpan.none
    var contentType = ByteSpan.none
    var url = ByteSpan.none
    /// Tape index of an `identifier` object, else 0.
    var identifier = 0
    var seen: Seen = []

    struct Seen: OptionSet {
        let rawValue: UInt8
        /// A string `reference`, also an empty one.
        static let reference = Seen(rawValue: 1)
        /// A string `code` or `system`.
        static let code = Seen(rawValue: 2)
        /// What a Quantity has and a Coding has not.
        static let quantity = Seen(rawValue: 4)
        /// What a Reference has not.
        static let noReference = Seen(rawValue: 8)
        /// What a Signature or SampledData has and an Attachment has not.
        static let noAttachment = Seen(rawValue: 16)
    }

    @inline(__always)
    mutating func see(_ name: ElementName) {
        switch name {
        case .reference, .type, .identifier, .display, .id, .extension: break
        case .value, .unit, .comparator: seen.formUnion([.quantity, .noReference])
        case .dimensions, .sigFormat, .origin, .who:
            seen.formUnion([.noAttachment, .noReference])
        default: seen.insert(.noReference)
        }
    }
}

extension SummaryWalk {
    @inline(__always)
    mutating func string(
        _ name: ElementName,
        _ value: TapeEntry,
        _ use: StringUse,
        _ context: Context,
        _ parts: inout ElementParts
    ) {
        switch use {
        case .plain: break
        case .text: text(name, value, context)
        case .clinicalTime, .recordedTime: time(value, use, context)
        case .part: part(name, value, context, &parts)
        }
    }

    @inline(__always)
    private mutating func part(
        _ name: ElementName,
        _ value: TapeEntry,
        _ context: Context,
        _ parts: inout ElementParts
    ) {
        switch name {
        case .system:
            parts.system = ByteSpan(value)
            parts.seen.insert(.code)
        case .code:
            parts.code = ByteSpan(value)
            parts.seen.insert(.code)
        case .display:
            parts.display = ByteSpan(value)
            text(name, value, context)
        case .reference:
            parts.reference = ByteSpan(value)
            parts.seen.insert(.reference)
        case .type: parts.type = ByteSpan(value)
        case .data: parts.data = ByteSpan(value)
        case .contentType: parts.contentType = ByteSpan(value)
        case .url: parts.url = ByteSpan(value)
        case .versionId where context.top == .meta: summary.versionID = ByteSpan(value)
        case .lastUpdated where context.top == .meta: summary.lastUpdated = ByteSpan(value)
        default: break
        }
    }

    @inline(__always)
    private mutating func text(_ name: ElementName, _ value: TapeEntry, _ context: Context) {
        guard value.end &- value.start > 2 else { return }
        // A person's own name and address are no finding about the person.
        if context.flags & Place.personal != 0, name != .name || context.leaf != .unknown { return }
        if context.flags & Place.meta != 0 { return }
        summary.texts.append(
            TextSpan(
                text: ByteSpan(value),
                place: Place(top: context.top, leaf: name, flags: context.flags)
            )
        )
    }

    @inline(__always)
    private mutating func time(_ value: TapeEntry, _ use: StringUse, _ context: Context) {
        guard context.flags & Place.dateless == 0, readsDates else { return }
        let content = bytes + value.contentStart
        var span = value.isEscaped ? nil : timeSpan(content, count: value.contentCount)
        if span == nil {
            span = .unknown
            summary.hasUnreadableTime = true
        }
        guard let span else { return }
        if use == .clinicalTime {
            if summary.happened == nil { summary.happened = span }
            summary.happened?.cover(span)
        } else {
            if summary.recorded == nil { summary.recorded = span }
            summary.recorded?.cover(span)
        }
    }

    @inline(__always)
    mutating func finish(_ parts: ElementParts, _ context: Context) {
        if parts.seen.contains(.code) { finishCoding(parts, context) }
        if parts.seen.contains(.reference) || !parts.seen.contains(.noReference) {
            finishReference(parts, context)
        }
        if parts.url.count > 0 { finishLink(parts, context) }
        if parts.data.count > 0, !parts.seen.contains(.noAttachment) {
            summary.attachments.append(
                AttachmentSpan(
                    data: parts.data,
                    contentType: parts.contentType,
                    place: place(context)
                )
            )
        }
    }

    /// An Attachment without content is told by its name or its type.
    private mutating func finishLink(_ parts: ElementParts, _ context: Context) {
        let isNamed = context.leaf == .attachment || context.leaf == .presentedForm
        guard isNamed || !parts.contentType.isEmpty else { return }
        summary.attachmentLinks.append(TextSpan(text: parts.url, place: place(context)))
    }

    /// A Coding is what stands under a name for Codings, or has both code and system and is no Quantity.
    private mutating func finishCoding(_ parts: ElementParts, _ context: Context) {
        switch context.leaf {
        case .coding, .security, .tag, .class, .valueCoding, .securityLabel: break
        default:
            guard !parts.code.isEmpty, !parts.system.isEmpty, !parts.seen.contains(.quantity)
            else { return }
        }
        let coding = CodingSpan(
            system: parts.system,
            code: parts.code,
            display: parts.display,
            place: place(context),
            concept: context.around
        )
        if context.leaf == .security, context.top == .meta {
            summary.securityLabels.append(coding)
        } else {
            summary.codings.append(coding)
        }
    }

    /// A Reference has a `reference`, or nothing but an `identifier` or `display` beside its type.
    private mutating func finishReference(_ parts: ElementParts, _ context: Context) {
        let isKnown = traits[context.leaf.place].isReference
        let isLiteral = parts.seen.contains(.reference)
        let isLogical =
            parts.identifier > 0 && !parts.seen.contains(.noReference)
            && context.leaf != .instance && context.leaf != .related
        let isShown = isKnown && !parts.display.isEmpty && !parts.seen.contains(.noReference)
        guard isLiteral || isLogical || isShown else { return }
        var system = ByteSpan.none
        var value = ByteSpan.none
        if parts.identifier > 0 {
            let identifier = JSONNode(document: document, index: parts.identifier)
            if let node = identifier["system"], node.kind == .string {
                system = ByteSpan(node.entry)
            }
            if let node = identifier["value"], node.kind == .string { value = ByteSpan(node.entry) }
        }
        summary.references.append(
            ReferenceSpan(
                reference: parts.reference,
                type: parts.type,
                system: system,
                value: value,
                display: parts.display,
                place: place(context)
            )
        )
    }

    @inline(__always)
    private func place(_ context: Context) -> Place {
        Place(top: context.top, leaf: context.leaf, flags: context.flags)
    }
}
