public import Consent
public import Guard
public import VaultCore

/// How a request for a disclosure ended.
public enum DisclosureOutcome: Sendable {
    /// Refused; unknown, hidden and denied patients look alike.
    case denied(Denial)
    /// Permitted; its entry is durable.
    case released(Disclosure)
}

/// One record of a response: as it was received, but for what would tell of records that stay behind.
public struct DisclosedRecord: Sendable {
    /// Type and id.
    public let record: RecordID
    /// Version, from 1.
    public let version: UInt32
    /// The record's JSON.
    public let bytes: [UInt8]
    /// Whether it is of the shared directory, there because another record refers to it.
    public let isIncluded: Bool
}

/// A permitted response, ready to leave: the log lists what it carries.
public struct Disclosure: Sendable {
    /// The decision, with rules and obligations.
    public let decision: Decision
    /// The entry that lists what the response carries.
    public let receipt: Receipt
    /// The patient's records, then those of the shared directory that they refer to.
    public let records: [DisclosedRecord]

    /// Number of the patient's own records.
    public var releasedCount: Int { records.count { !$0.isIncluded } }

    /// The records as a FHIR R4 searchset Bundle, each with its bytes as they are in ``records``.
    ///
    /// - Returns: UTF-8 JSON.
    public func bundle() -> [UInt8] { Self.bundle(of: records) }

    static func bundle(of records: [DisclosedRecord]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(records.reduce(256) { $0 + $1.bytes.count + 128 })
        out += "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":".utf8
        out += "\(records.count { !$0.isIncluded })".utf8
        if !records.isEmpty { out += ",\"entry\":[".utf8 }
        for (index, record) in records.enumerated() {
            if index > 0 { out.append(0x2C) }
            out += "{\"fullUrl\":\"urn:patientvault:\(record.record)\",\"resource\":".utf8
            out += record.bytes
            out += ",\"search\":{\"mode\":\"\(record.isIncluded ? "include" : "match")\"}}".utf8
        }
        out += (records.isEmpty ? "}" : "]}").utf8
        return out
    }
}
