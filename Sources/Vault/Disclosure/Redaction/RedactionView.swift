internal import Consent
internal import FHIRModel
internal import VaultCore

/// How much of a released record is told to one class of requesters.
///
/// Follows from who asks and for what, never from what is withheld: a response looks the same whether or
/// not it lacks something.
struct RedactionView: Sendable, Hashable {
    /// Narratives and notes, which may repeat what another record says, are left out, and every record
    /// carries the tag `SUBSETTED` and the security label `REDACTED`.
    var isMarked: Bool
    /// References that lead to nothing this vault knows stay: the patient gets what was received.
    var keepsUnknown: Bool
    /// Where the patient lives and can be reached stays behind, asked for or not (45 CFR 164.522(b)).
    var hidesAddresses: Bool

    init(isMarked: Bool, keepsUnknown: Bool, hidesAddresses: Bool = false) {
        self.isMarked = isMarked
        self.keepsUnknown = keepsUnknown
        self.hidesAddresses = hidesAddresses
    }

    /// The view of a request.
    ///
    /// - Parameter request: Who asks, and for what.
    init(_ request: AccessRequest) {
        let purposes = Set(request.purposes)
        switch request.requester.kind {
        case .patient: self.init(isMarked: false, keepsUnknown: true)
        case .clinician:
            let isCare = purposes.isSubset(of: ["TREAT", "ETREAT", "COC", "BTG"])
            self.init(isMarked: !isCare, keepsUnknown: false)
        case .family:
            // A representative is treated as the patient (45 CFR 164.502(g)(1)).
            let isProxy = purposes.isSubset(of: ["PWATRNY"])
            self.init(isMarked: !isProxy, keepsUnknown: false, hidesAddresses: !isProxy)
        case .insurer: self.init(isMarked: true, keepsUnknown: false, hidesAddresses: true)
        default: self.init(isMarked: true, keepsUnknown: false)
        }
    }
}

/// What a released record may tell of others.
struct RedactionRules {
    /// How much is told to this class of requesters.
    var view: RedactionView
    /// Whether a record of this vault may be named: it is permitted too, or nobody's data.
    var mayName: (RecordID) -> Bool
    /// Whether a resource inside a resource may stay there.
    var mayHold: (JSONNode) -> Bool
    /// Whether a Patient may name another as linked to it: only where the rules permit that one too.
    var mayLink: (RecordID) -> Bool = { _ in false }

    /// What is to become of a literal reference.
    func mayRefer(to text: UnsafeRawBufferPointer, inside kept: Set<String>) -> Bool {
        let reference = FHIRReference(text)
        switch reference.form {
        case .contained:
            return reference.id.isEmpty || kept.contains(String(decoding: text, as: UTF8.self))
        case .literal(.patient), .conditional(.patient): return true
        case .literal(let type):
            // An absolute reference may mean a record of this vault as well as a relative one.
            let id = UnsafeRawBufferPointer(rebasing: text[reference.id])
            guard let id = FHIRID(utf8: id) else { return view.keepsUnknown }
            let record = RecordID(type: type.rawValue, id: id)
            return mayName(record) || kept.contains(record.description)
                || kept.contains(String(decoding: text, as: UTF8.self))
        case .conditional(let type): return type.mayBeShared || view.keepsUnknown
        case .uuid, .oid:
            return view.keepsUnknown || kept.contains(String(decoding: text, as: UTF8.self))
        case .logical, .other: return view.keepsUnknown
        }
    }
}
