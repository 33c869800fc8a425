internal import Consent
internal import FHIRModel
internal import Guard
internal import VaultCore

/// Asks the rules about single records, where a segment as a whole could not be decided.
struct RecordFilter {
    let vault: VaultService
    let grant: Grant
    let request: ReleaseRequest
    private var summary = ResourceSummary()

    init(vault: VaultService, grant: Grant, request: ReleaseRequest) {
        self.vault = vault
        self.grant = grant
        self.request = request
    }

    /// Whether one record may go: asked for, permitted, and permitted by every patient it names.
    mutating func admits(_ document: JSONDocument, segment: Segment) throws -> Bool {
        try summary.gather(document.root)
        guard wasAsked(document) else { return false }
        let attributes = RecordAttributes(
            category: segment.category,
            labels: segment.labels,
            detail: RecordReader.detail(of: document.root)
        )
        guard grant.context.verdict(for: attributes).isPermitted else { return false }
        guard segment.namesOthers else { return true }
        // The other patients' facts stay in the Guard.
        return try summary.secondPatients(in: document, of: grant.reference)?.allSatisfy {
            try vault.guard.permits(attributes, of: $0, under: grant)
        } ?? false
    }

    private func wasAsked(_ document: JSONDocument) -> Bool {
        if !request.types.isEmpty, !request.types.contains(summary.type.rawValue) { return false }
        guard request.since != nil || request.until != nil else { return true }
        // A record without a time cannot be shown to lie in the window.
        guard let time = summary.clinicalTime else { return false }
        if let since = request.since, time.end <= since.earliest { return false }
        if let until = request.until, time.earliest >= until.end { return false }
        return true
    }
}

extension ResourceSummary {
    /// Patients whom a record names beside its own, each of whom must permit it too.
    ///
    /// A Patient belongs to itself: whom it is linked to is redacted, and keeps nobody from their own.
    ///
    /// - Parameters:
    ///   - document: What was gathered.
    ///   - own: Whose record it is.
    /// - Returns: None for most records; `nil` where one of them cannot be told.
    func secondPatients(in document: JSONDocument, of own: RecordID) -> [RecordID]? {
        let owner = ownership(in: document)
        let links = owner == .itself ? document.root["link"]?.byteRange ?? 0..<0 : 0..<0
        var found: [RecordID] = []
        for span in mentionedPatients(in: document, besides: owner) {
            if links.contains(span.reference.range.lowerBound) { continue }
            guard let other = RecordID(literal: document.string(span.reference)) else { return nil }
            if other != own { found.append(other) }
        }
        return found
    }
}
