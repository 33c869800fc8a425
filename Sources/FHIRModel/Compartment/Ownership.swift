/// Whose record a resource is.
public enum Ownership: Sendable, Hashable {
    /// A Patient resource: its own.
    case itself
    /// The patient that this Reference names.
    case patient(ReferenceSpan)
    /// The patient who owns the records that these References name; shared if all of those are.
    case follows([ReferenceSpan])
    /// Directory or definition, nobody's.
    case shared
    /// It would need a patient and has none that can be told.
    case unowned(UnownedReason)
}

/// Why a resource has no owner.
public enum UnownedReason: String, Sendable, Hashable, CaseIterable {
    /// The element that should name the patient is missing.
    case missing
    /// It names something that is no patient, such as a Group or Device.
    case notAPatient
    /// It names a resource inside the resource itself, which nobody can look up.
    case contained
    /// It is a `urn:` that no entry of the file has as its fullUrl, or text that is no reference.
    case unresolved
    /// It says only a name.
    case nameOnly
    /// A type that is no record: OperationOutcome, Parameters, Subscription.
    case notARecord
    /// A Bundle whose entries belong to nobody.
    case noEntryOwner
    /// A Bundle whose entries belong to more than one patient.
    case severalOwners

    /// One line, lower case, for an error message.
    public var text: String {
        switch self {
        case .missing: "the element that names its patient is missing"
        case .notAPatient: "it belongs to something that is no patient"
        case .contained: "its patient is a contained resource"
        case .unresolved: "its patient's reference leads nowhere"
        case .nameOnly: "its patient is named by a display text only"
        case .notARecord: "its type is no record"
        case .noEntryOwner: "no entry of the inner bundle has a patient"
        case .severalOwners: "the entries of the inner bundle belong to several patients"
        }
    }
}

extension ResourceSummary {
    /// Whose record this is; after references into the same file have been made literal.
    ///
    /// A conditional or logical reference to a patient counts as naming that patient: who asks must look
    /// it up by the identifier, and refuse the resource where that finds nobody.
    ///
    /// - Parameter document: The document this summary was gathered from.
    /// - Returns: The owner; of a Bundle the one patient whom all its entries belong to.
    public func ownership(in document: JSONDocument) -> Ownership {
        switch OwnerRule.table[type.place] {
        case .itself: .itself
        case .shared: sharedUnlessMentioning(in: document)
        case .entries: .ofBundle(JSONNode(document: document, index: root))
        case .none: .unowned(.notARecord)
        case .element(let path): owner(by: path, in: document)
        case .firstPatient(let paths, let otherwise):
            firstPatient(paths, in: document) ?? followed(otherwise, after: paths, in: document)
        case .patientOrShared(let paths):
            firstPatient(paths, in: document) ?? named(paths, in: document)
                ?? sharedUnlessMentioning(in: document)
        }
    }

    /// References to patients other than the owner; the resource leaves only where all of them permit.
    ///
    /// - Parameters:
    ///   - document: The document this summary was gathered from.
    ///   - owner: The owner, as ``ownership(in:)`` found it.
    /// - Returns: One Reference for each mention, duplicates included.
    public func mentionedPatients(
        in document: JSONDocument,
        besides owner: Ownership
    ) -> [ReferenceSpan] {
        references.filter { reference in
            guard reference.targetType(in: document) == .patient else { return false }
            switch owner {
            case .patient(let span): return !sameTarget(span, reference, in: document)
            case .itself: return !isSelf(reference, in: document)
            case .follows, .shared, .unowned: return true
            }
        }
    }

    private func owner(by path: OwnerPath, in document: JSONDocument) -> Ownership {
        guard let span = spans(path).first else { return .unowned(.missing) }
        return ownership(by: span, path, in: document)
    }

    private func ownership(
        by span: ReferenceSpan,
        _ path: OwnerPath,
        in document: JSONDocument
    ) -> Ownership {
        switch span.parsed(in: document).form {
        case .literal(.patient), .conditional(.patient): return .patient(span)
        case .literal, .conditional: return .unowned(.notAPatient)
        case .contained: return .unowned(.contained)
        case .uuid, .oid, .other: return .unowned(.unresolved)
        case .logical: break
        }
        // `subject` may be other things too; an identifier alone counts unless another type is named.
        if span.value.isEmpty { return .unowned(span.display.isEmpty ? .missing : .nameOnly) }
        guard let type = span.targetType(in: document) else { return .patient(span) }
        return type == .patient ? .patient(span) : .unowned(.notAPatient)
    }

    /// The first of the References that surely names a patient.
    private func firstPatient(_ paths: [OwnerPath], in document: JSONDocument) -> Ownership? {
        for path in paths {
            for span in spans(path) where span.targetType(in: document) == .patient {
                let owner = ownership(by: span, path, in: document)
                if case .patient = owner { return owner }
            }
        }
        return nil
    }

    private func followed(
        _ paths: [OwnerPath],
        after tried: [OwnerPath],
        in document: JSONDocument
    ) -> Ownership {
        let links = paths.flatMap { spans($0) }
        let usable = links.filter {
            switch $0.parsed(in: document).form {
            case .literal, .conditional: true
            case .uuid, .oid, .contained, .logical, .other: false
            }
        }
        if !usable.isEmpty { return .follows(usable) }
        return named(tried + paths, in: document) ?? .unowned(.missing)
    }

    /// Where the elements name something, but no patient: why that is no owner.
    private func named(_ paths: [OwnerPath], in document: JSONDocument) -> Ownership? {
        for span in paths.flatMap({ spans($0) }) {
            switch span.parsed(in: document).form {
            case .uuid, .oid: return .unowned(.unresolved)
            case .contained where span.targetType(in: document) == .patient:
                return .unowned(.contained)
            case .literal, .conditional, .contained, .logical, .other: continue
            }
        }
        return nil
    }

    /// A directory entry that names a patient is that patient's: it would tell everybody about them.
    private func sharedUnlessMentioning(in document: JSONDocument) -> Ownership {
        for span in references where span.targetType(in: document) == .patient {
            return ownership(by: span, OwnerPath(span.place.top, span.place.leaf), in: document)
        }
        return containedTypes.contains(.patient) ? .unowned(.contained) : .shared
    }

    private func spans(_ path: OwnerPath) -> [ReferenceSpan] {
        references.filter {
            $0.place.top == path.top && $0.place.leaf == path.leaf && !$0.place.isContained
                && !$0.place.isInExtension
        }
    }

    private func sameTarget(
        _ left: ReferenceSpan,
        _ right: ReferenceSpan,
        in document: JSONDocument
    ) -> Bool {
        document.withText(left.reference) { a in
            document.withText(right.reference) { b in
                let x = FHIRReference(a)
                let y = FHIRReference(b)
                guard case .literal = x.form, x.form == y.form else {
                    return !a.isEmpty && a.elementsEqual(b)
                }
                return a[x.base].elementsEqual(b[y.base]) && a[x.id].elementsEqual(b[y.id])
            }
        }
    }

    private func isSelf(_ span: ReferenceSpan, in document: JSONDocument) -> Bool {
        document.withText(span.reference) { text in
            let reference = FHIRReference(text)
            guard case .literal(.patient) = reference.form, reference.base.isEmpty else {
                return false
            }
            return document.withText(id) { $0.elementsEqual(text[reference.id]) }
        }
    }
}

extension Ownership {
    /// Whose record a Bundle is: that of the one patient that all its entries belong to.
    ///
    /// - Parameter bundle: The Bundle's object.
    /// - Returns: ``patient(_:)``, or ``unowned(_:)`` where there is none, or more than one.
    static func ofBundle(_ bundle: JSONNode) -> Ownership {
        let document = bundle.document
        var summary = ResourceSummary()
        var owner: ReferenceSpan?
        var patients: Set<String> = []
        guard let entries = bundle["entry"]?.elements else { return .unowned(.noEntryOwner) }
        for entry in entries {
            guard let resource = entry["resource"] else { continue }
            guard (try? summary.gather(resource)) != nil else { return .unowned(.noEntryOwner) }
            switch summary.ownership(in: document) {
            case .patient(let span):
                owner = owner ?? span
                let text = document.string(span.reference)
                patients.insert(text.isEmpty ? document.string(span.value) : text)
            case .itself: patients.insert("Patient/\(document.string(summary.id))")
            case .unowned(let reason) where reason != .notARecord: return .unowned(reason)
            case .follows, .shared, .unowned: continue
            }
        }
        guard let owner else { return .unowned(.noEntryOwner) }
        return patients.count == 1 ? .patient(owner) : .unowned(.severalOwners)
    }
}
