internal import FHIRModel

extension Labeller {
    /// Leaves out the name of a person, place or organization that a reference displays.
    ///
    /// Who treated the patient is in the shared directory; a program under 42 CFR Part 2 is marked there.
    mutating func skipName(in reference: ReferenceSpan, _ document: JSONDocument) {
        guard !reference.display.isEmpty else { return }
        let namesOne: Bool
        switch reference.targetType(in: document) {
        case .patient, .practitioner, .practitionerRole, .organization, .location, .relatedPerson,
            .person, .healthcareService, .endpoint, .device:
            namesOne = true
        case .some: namesOne = false
        case nil: namesOne = reference.isAuthor || reference.place.leaf.namesSomebody
        }
        if namesOne { skipped.append(reference.display.start) }
    }

    /// Reads one text.
    mutating func read(_ text: TextSpan, in document: JSONDocument) {
        switch text.place.leaf {
        case .display: if skipped.contains(text.text.start) { return }
        case .text: if !harmless.isEmpty, repeatsHarmless(text.text, document) { return }
        default: break
        }
        let form: FoldedText.Form = text.place.leaf == .div ? .markup : .plain
        document.withText(text.text) { folded.fold($0, form: form) }
        readFolded(text.place.top)
    }

    /// Reads the text inside an attachment.
    mutating func read(_ content: AttachmentSpan, in document: JSONDocument) {
        if content.place.top == .photo || content.place.top == .signature { return }
        let outcome = document.withText(content.data) { data in
            document.withText(content.contentType) { type in
                attachment.decode(data, contentType: type)
            }
        }
        switch outcome {
        case .unreadable: note([.unclassified], .unreadableAttachment, content.place.top)
        case .text(let form):
            attachment.bytes.withUnsafeBytes { folded.fold($0, form: form) }
            readFolded(content.place.top)
        }
    }

    private mutating func readFolded(_ field: ElementName) {
        let tables = tables
        tables.words.match(folded.bytes) { number in
            note(words: tables.words.rules[number].labels, rule: number, field)
        }
    }

    private func repeatsHarmless(_ text: ByteSpan, _ document: JSONDocument) -> Bool {
        harmless.contains { span in
            document.withText(span) { display in
                document.withText(text) { $0.elementsEqual(display) }
            }
        }
    }
}

extension ElementName {
    /// Whether a reference under this name displays a person, place or organization.
    fileprivate var namesSomebody: Bool {
        switch self {
        case .subject, .patient, .for, .beneficiary, .individual, .actor, .member, .performer,
            .provider, .serviceProvider, .managingOrganization, .organization, .location,
            .practitioner, .generalPractitioner, .requester, .recipient, .sender, .receiver,
            .author, .authorReference, .recorder, .asserter, .enterer, .insurer, .payor, .party,
            .policyHolder, .subscriber, .owner, .onBehalfOf, .facility, .who, .operator,
            .prescriber, .assessor, .interpreter, .resultsInterpreter, .informationSource,
            .deliverTo:
            true
        default: false
        }
    }
}
