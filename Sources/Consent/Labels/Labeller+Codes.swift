internal import FHIRModel

extension Labeller {
    /// Reads one Coding.
    mutating func read(
        _ coding: CodingSpan,
        _ type: ResourceType,
        _ bytes: UnsafeRawBufferPointer,
        _ document: JSONDocument
    ) {
        if coding.place.isInMeta || coding.code.isEmpty { return }
        if coding.code.isEscaped || coding.system.isEscaped {
            return readEscaped(coding, type, document)
        }
        let code = UnsafeRawBufferPointer(rebasing: bytes[coding.code.range])
        let system = UnsafeRawBufferPointer(rebasing: bytes[coding.system.range])
        read(coding, type, code: trimmed(code), system: system)
    }

    @inline(never)
    private mutating func readEscaped(
        _ coding: CodingSpan,
        _ type: ResourceType,
        _ document: JSONDocument
    ) {
        let code = Array(document.string(coding.code).utf8)
        let system = Array(document.string(coding.system).utf8)
        code.withUnsafeBytes { code in
            system.withUnsafeBytes { system in
                read(coding, type, code: trimmed(code), system: system)
            }
        }
    }

    private mutating func read(
        _ coding: CodingSpan,
        _ type: ResourceType,
        code: UnsafeRawBufferPointer,
        system address: UnsafeRawBufferPointer
    ) {
        if let system = tables.padded, let digits = paddedConceptDigits(code) {
            let number = UnsafeRawBufferPointer(rebasing: code[..<digits])
            look(up: number, system, coding)
            return
        }
        if coding.place.isInExtension || coding.place.leaf == .securityLabel,
            isSecuritySystem(address)
        {
            if coding.place.leaf != .securityLabel { read(securityCode: code, coding.place.top) }
            return
        }
        switch tables.systems.knowledge(of: address) {
        case .administrative: return
        case .clinical(let system):
            look(up: code, system, coding)
            if !tables.systems.forms[system].accepts(code) { readMalformed(code, coding, type) }
        case .unknown:
            if isClinical(coding, type) {
                note([.unclassified], .unknownSystem, coding.place.top)
            }
        }
    }

    /// Looks a code up in one system.
    @inline(__always)
    private mutating func look(
        up code: UnsafeRawBufferPointer,
        _ system: Int,
        _ coding: CodingSpan
    ) {
        let tables = tables
        var labels = LabelSet.none
        var isKnownHarmless = false
        let form = tables.systems.forms[system]
        tables.codes.match(code, system: system, form: form) { number in
            let rule = tables.codes.rules[number]
            labels = labels.union(rule.labels)
            isKnownHarmless = isKnownHarmless || rule.labels.isEmpty
            note(rule.labels, tables.codes.source(of: number), coding.place.top)
        }
        if isKnownHarmless, labels.isEmpty, !coding.display.isEmpty {
            skipped.append(coding.display.start)
            harmless.append(coding.display)
        }
    }

    /// A code its system cannot have: perhaps one of another system, else nobody knows what it says.
    private mutating func readMalformed(
        _ code: UnsafeRawBufferPointer,
        _ coding: CodingSpan,
        _ type: ResourceType
    ) {
        let forms = tables.systems.forms
        var isKnown = false
        for system in forms.indices where forms[system] != .word && forms[system].accepts(code) {
            if forms[system] == .loinc { isKnown = true }
            look(up: code, system, coding)
        }
        conceptRuns(in: code) { run in
            isKnown = true
            for system in forms.indices where forms[system] == .digits {
                look(up: run, system, coding)
            }
        }
        if !isKnown, isClinical(coding, type) {
            note([.unclassified], .malformedCode, coding.place.top)
        }
    }

    /// Whether a coding says something about the patient, and not about the paper work.
    private func isClinical(_ coding: CodingSpan, _ type: ResourceType) -> Bool {
        switch RecordKind(type) {
        case .administrative: return false
        case .billing:
            switch coding.place.top {
            case .diagnosis, .procedure, .supportingInfo: return true
            default: return coding.concept == .productOrService || coding.concept == .code
            }
        case .clinical: break
        }
        switch coding.place.top {
        case .identifier, .class, .communication, .contact, .telecom, .qualification, .link,
            .participant, .performer, .priority, .agent, .photo, .security, .meta, .category:
            return false
        default: return coding.place.leaf != .identifier && coding.concept != .identifier
        }
    }
}

/// What kind of paper a resource type is, where it matters for codes of unknown systems.
private enum RecordKind {
    case clinical, billing, administrative

    init(_ type: ResourceType) {
        switch type {
        case .claim, .claimResponse, .explanationOfBenefit, .invoice, .chargeItem,
            .coverageEligibilityRequest, .coverageEligibilityResponse:
            self = .billing
        case .patient, .relatedPerson, .person, .coverage, .account, .provenance, .auditEvent,
            .schedule, .slot, .consent, .paymentNotice, .paymentReconciliation, .insurancePlan,
            .contract, .enrollmentRequest, .enrollmentResponse, .operationOutcome, .subscription:
            self = .administrative
        default: self = .clinical
        }
    }
}

extension CodeRules {
    /// Where a rule stands, as a reason.
    func source(of number: Int) -> LabelSource {
        let rule = rules[number]
        let group = groups[rule.group]
        return .code(table: group.file, line: rule.line, group: group.title)
    }
}
