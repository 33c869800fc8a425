public import VaultCore

/// Why an input cannot be taken as FHIR R4 JSON; holds places and element names, never content.
public enum FHIRModelError: Failure, Hashable {
    /// The bytes are not JSON as RFC 8259 and this vault demand it.
    case json(JSONFault, byteOffset: Int)
    /// The JSON is no FHIR resource, or one that this vault must not guess about.
    case resource(ResourceFault, byteOffset: Int)
    /// The file is no Bundle that can be taken whole.
    case bundle(BundleFault, entry: Int?)
    /// The caller's ``ByteSource`` could not be read.
    case unreadable(byteOffset: Int)

    /// What kind of trouble this is.
    public var kind: FailureKind {
        switch self {
        case .json, .resource, .bundle: .badInput
        case .unreadable: .inputOutput
        }
    }

    /// Stable dotted code.
    public var code: String {
        switch self {
        case .json(let fault, _): "fhir.json.\(fault.rawValue)"
        case .resource(let fault, _): "fhir.resource.\(fault.name)"
        case .bundle(let fault, _): "fhir.bundle.\(fault.rawValue)"
        case .unreadable: "fhir.unreadable"
        }
    }

    /// One line, lower case, without content of the input.
    public var message: String {
        switch self {
        case .json(let fault, let offset): "\(fault.text) at byte \(offset)"
        case .resource(let fault, let offset): "\(fault.text) at byte \(offset)"
        case .bundle(let fault, let entry?): "\(fault.text) in entry \(entry)"
        case .bundle(let fault, nil): fault.text
        case .unreadable(let offset): "the input cannot be read at byte \(offset)"
        }
    }

    /// One line that says what to do next.
    public var hint: String {
        switch self {
        case .json(.tooDeep, _), .json(.tooLarge, _):
            "the limits are in docs/design/fhir-model.md; split the file or ask its sender"
        case .json: "the file must be strict JSON in UTF-8 without a byte order mark"
        case .resource(let fault, _): fault.hint
        case .bundle(let fault, _): fault.hint
        case .unreadable: "check that the file is still there and may be read"
        }
    }

    /// The same fault, counted from the start of the file that holds the resource.
    ///
    /// - Parameter base: Byte offset of the resource in its file.
    /// - Returns: The moved fault.
    public func moved(by base: Int) -> FHIRModelError {
        switch self {
        case .json(let fault, let offset): .json(fault, byteOffset: offset + base)
        case .resource(let fault, let offset): .resource(fault, byteOffset: offset + base)
        case .unreadable(let offset): .unreadable(byteOffset: offset + base)
        case .bundle: self
        }
    }
}

/// What is wrong with bytes that should be JSON.
///
/// Source: RFC 8259; RFC 7493 section 2.3 for duplicate names.
public enum JSONFault: String, Sendable, Hashable, CaseIterable {
    /// The text ends inside a value, or there is none.
    case truncated
    /// A byte that cannot stand here.
    case unexpectedByte
    /// A byte order mark; RFC 8259 section 8.1 forbids writers to add it.
    case byteOrderMark
    /// A number that the grammar of section 6 does not allow.
    case badNumber
    /// A backslash with something that is no escape.
    case badEscape
    /// A control character inside a string.
    case controlCharacter
    /// Bytes in a string that are not UTF-8.
    case invalidUTF8
    /// `\uD800` to `\uDFFF` without its other half.
    case loneSurrogate
    /// Two members of one object have the same name, escapes undone.
    case duplicateKey
    /// More than one value.
    case trailingData
    /// Nested deeper than `Limits.maximumJSONDepth`.
    case tooDeep
    /// More bytes than `Limits.maximumRecordByteCount`.
    case tooLarge

    var text: String {
        switch self {
        case .truncated: "the JSON ends too early"
        case .unexpectedByte: "unexpected byte in JSON"
        case .byteOrderMark: "byte order mark before JSON"
        case .badNumber: "malformed JSON number"
        case .badEscape: "malformed JSON escape"
        case .controlCharacter: "control character in a JSON string"
        case .invalidUTF8: "invalid UTF-8 in a JSON string"
        case .loneSurrogate: "half a surrogate pair in a JSON string"
        case .duplicateKey: "the same key twice in one JSON object"
        case .trailingData: "more data after the JSON value"
        case .tooDeep: "JSON nested too deeply"
        case .tooLarge: "record too large"
        }
    }
}

/// What is wrong with JSON that should be a resource.
public enum ResourceFault: Sendable, Hashable {
    /// Not a JSON object.
    case notAnObject
    /// No `resourceType`, or not a string.
    case missingResourceType
    /// A `resourceType` that FHIR R4 does not know.
    case unknownResourceType
    /// No `id`; the caller decides whether it may give one.
    case missingID
    /// An `id` that FHIR does not allow.
    case badID
    /// An element has another JSON type than FHIR gives it; the element's name.
    case wrongType(ElementName)

    var name: String {
        switch self {
        case .notAnObject: "notAnObject"
        case .missingResourceType: "missingResourceType"
        case .unknownResourceType: "unknownResourceType"
        case .missingID: "missingID"
        case .badID: "badID"
        case .wrongType: "wrongType"
        }
    }

    var text: String {
        switch self {
        case .notAnObject: "a resource must be a JSON object"
        case .missingResourceType: "no `resourceType`"
        case .unknownResourceType: "not a FHIR R4 resource type"
        case .missingID: "the resource has no `id`"
        case .badID: "not a FHIR id"
        case .wrongType(let element): "`\(element)` has the wrong JSON type"
        }
    }

    var hint: String {
        switch self {
        case .notAnObject, .missingResourceType, .unknownResourceType:
            "import takes FHIR R4 (4.0.1) resources, Bundles or NDJSON"
        case .missingID: "give each resource an `id`, or a `urn:uuid:` fullUrl in its Bundle"
        case .badID: "an id is 1 to 64 of A-Z a-z 0-9 - ."
        case .wrongType: "compare the element with its definition in FHIR R4"
        }
    }
}

/// What is wrong with a file or a Bundle as a whole.
public enum BundleFault: String, Sendable, Hashable, CaseIterable {
    /// Neither a resource, a Bundle nor NDJSON.
    case unknownFormat
    /// `Bundle.type` is missing or none of R4's.
    case unknownBundleType
    /// More than `Limits.maximumBundleEntryCount` entries.
    case tooManyEntries
    /// An entry, its `fullUrl`, `resource` or `request` has the wrong JSON type.
    case malformedEntry
    /// An entry without a resource, where the Bundle's type demands one.
    case emptyEntry
    /// An entry of a transaction, batch or history without `request`.
    case missingRequest
    /// A GET, HEAD, DELETE or PATCH: an import only adds.
    case unsupportedMethod
    /// `request.url` names another type or id than the resource has.
    case requestMismatch
    /// Two entries with one fullUrl are two different resources.
    case duplicateFullURL
    /// Two different resources with one type and id.
    case conflictingResources
    /// One line of NDJSON holds more or less than one resource.
    case malformedLine
    /// The file is not the same any more as in the first pass.
    case changed

    var text: String {
        switch self {
        case .unknownFormat: "neither a FHIR resource, a Bundle nor NDJSON"
        case .unknownBundleType: "`Bundle.type` is missing or unknown"
        case .tooManyEntries: "the bundle has too many entries"
        case .malformedEntry: "malformed bundle entry"
        case .emptyEntry: "no `resource` where one must be"
        case .missingRequest: "no `request` in a transaction, batch or history"
        case .unsupportedMethod: "a GET, HEAD, DELETE or PATCH cannot be imported"
        case .requestMismatch: "`request.url` does not name the resource"
        case .duplicateFullURL: "two different resources with one `fullUrl`"
        case .conflictingResources: "two different resources with one id in one file"
        case .malformedLine: "a line of NDJSON must hold exactly one resource"
        case .changed: "the file has changed while it was read"
        }
    }

    var hint: String {
        switch self {
        case .unknownFormat, .unknownBundleType, .malformedLine:
            "import takes FHIR R4 (4.0.1) resources, Bundles or NDJSON"
        case .tooManyEntries: "split the file"
        case .malformedEntry, .emptyEntry, .missingRequest, .requestMismatch:
            "compare the entry with Bundle.entry in FHIR R4"
        case .unsupportedMethod: "remove the entry; to erase use `patientvault erase`"
        case .duplicateFullURL, .conflictingResources: "nothing was imported; ask the file's sender"
        case .changed: "nothing was imported; try again when the file is complete"
        }
    }
}
