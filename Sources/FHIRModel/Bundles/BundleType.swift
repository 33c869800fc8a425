/// What a Bundle is for.
///
/// Source: FHIR R4, value set `bundle-type`.
public enum BundleType: String, Sendable, Hashable, CaseIterable {
    case document, message, transaction, batch, history, searchset, collection
    case transactionResponse = "transaction-response"
    case batchResponse = "batch-response"

    /// Whether each entry must say by `request` what to do with it.
    var needsRequest: Bool {
        switch self {
        case .transaction, .batch, .history: true
        case .document, .message, .searchset, .collection, .transactionResponse, .batchResponse:
            false
        }
    }

    /// Whether an entry may come without a resource, only reporting what happened.
    var allowsEmptyEntries: Bool { self == .transactionResponse || self == .batchResponse }
}

/// What the sender wants done with an entry.
public enum EntryMethod: UInt8, Sendable, Hashable {
    /// No `request`: stored under its own id.
    case none
    /// `POST`: create. The id in the file is kept.
    case post
    /// `PUT`: create or update under the id in its URL.
    case put
}
