internal import Consent
internal import FHIRModel
public import Guard
public import VaultCore

/// One change of a record; a transaction is several of them.
public struct RecordChange: Sendable {
    /// What is done.
    public enum Kind: Sendable, Hashable {
        /// A new record, or a new version of one.
        case put
        /// A deletion; the bytes are those of the version that is deleted.
        case delete
    }

    /// What is done.
    public var kind: Kind
    /// A whole resource with its id, UTF-8 JSON.
    public var bytes: [UInt8]
    /// The version that must stand there now, 0 for none; `nil` where it does not matter.
    public var expectedVersion: UInt32?

    /// Describes a change.
    ///
    /// - Parameters:
    ///   - kind: What is done.
    ///   - bytes: A whole resource with its id.
    ///   - expectedVersion: The version that must stand there now.
    public init(_ kind: Kind, _ bytes: [UInt8], expectedVersion: UInt32? = nil) {
        self.kind = kind
        self.bytes = bytes
        self.expectedVersion = expectedVersion
    }
}

/// What became of a change.
public struct ChangedRecord: Sendable, Hashable {
    /// Type and id.
    public let record: RecordID
    /// The version that stands there now.
    public let version: UInt32
    /// Whether the same bytes stood there before, and nothing was written.
    public let isUnchanged: Bool

    /// Says what became of a change.
    ///
    /// - Parameters:
    ///   - record: Type and id.
    ///   - version: The version that stands there now; 0 where nothing was written.
    ///   - isUnchanged: Whether nothing was written.
    public init(record: RecordID, version: UInt32, isUnchanged: Bool) {
        self.record = record
        self.version = version
        self.isUnchanged = isUnchanged
    }
}

extension VaultService {
    /// Applies changes: all of them or none.
    ///
    /// - Parameters:
    ///   - changes: A record may be among them once.
    ///   - caller: Who writes.
    ///   - origin: Where the data come from, such as a client's name.
    ///   - context: Where the call came from.
    /// - Returns: In the order of `changes`.
    /// - Throws: ``VaultError/versionConflict`` where another version stands there than was expected, and
    ///   other ``Failure``s; then nothing has changed.
    public func apply(
        _ changes: [RecordChange],
        by caller: Caller,
        origin: String,
        context: CallContext
    ) throws -> [ChangedRecord] {
        var labeller = labeller
        var analysed: [AnalysedResource] = []
        var expected: [RecordID: UInt32] = [:]
        for (place, change) in changes.enumerated() {
            let resource = try AnalysedResource(change, at: place, labeller: &labeller)
            if let version = change.expectedVersion { expected[resource.record] = version }
            analysed.append(resource)
        }
        let session = try `guard`.beginWrite(by: caller, origin: origin, context: context)
        var versions: [RecordID: UInt32] = [:]
        _ = try store(in: session) { work in
            work.expectedVersions = expected
            versions = try work.run(analysed)
            return work.report
        }
        return analysed.map { resource in
            let version = versions[resource.record] ?? 0
            return ChangedRecord(
                record: resource.record,
                version: version,
                isUnchanged: version == 0
            )
        }
    }
}

extension AnalysedResource {
    /// Reads one change of a transaction.
    fileprivate convenience init(
        _ change: RecordChange,
        at place: Int,
        labeller: inout Labeller
    ) throws {
        var parser = JSONParser()
        let document = try parser.parse(change.bytes)
        var summary = ResourceSummary()
        try summary.gather(document.root)
        guard let record = change.bytes.withUnsafeBytes({ RecordID(ofResource: $0) }) else {
            throw VaultError.noOwner(entry: place, type: summary.type.rawValue, reason: "no id")
        }
        self.init(
            FileResource(document, record: record, entry: place),
            summary,
            labeller: &labeller,
            isPart2Source: false,
            isDeletion: change.kind == .delete
        )
    }
}
