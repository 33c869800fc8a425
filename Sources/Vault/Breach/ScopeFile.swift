public import BreachResponse
internal import Guard
internal import MerkleLog
internal import Sealing
public import VaultCore

/// A scope certificate as a file: the persons' certificate, the names it needs, and the log's own word.
///
/// One JSON text: `scope` (as ``ScopeCertificate`` writes it), `names`, `note` (signed by the log's key over
/// the digest of the two), `checkpoint`, and `prefixes`: paths from the range's two roots to the checkpoint.
public struct ScopeFile: Sendable, Hashable {
    /// The file as JSON.
    public let document: JSONValue

    /// The file's bytes, byte for byte as ``verify(_:verifierKey:)`` wants them.
    public var bytes: [UInt8] { document.bytes }

    /// The persons' certificate.
    ///
    /// - Throws: ``BreachResponseError/malformed(document:member:)``.
    public var certificate: ScopeCertificate {
        get throws(BreachResponseError) {
            try ScopeCertificate((document["scope"] ?? .null).bytes)
        }
    }

    init(body: JSONValue, certification: Certification) {
        document = .object(
            (body.object ?? []) + [
                .init("note", .string(certification.note)),
                .init("checkpoint", .string(certification.checkpoint)),
                .init("prefixes", .array(certification.prefixes)),
            ]
        )
    }

    /// Reads a file without checking it.
    ///
    /// - Parameter bytes: As ``bytes`` writes them.
    /// - Throws: ``BreachResponseError/notJSON(document:)``.
    public init(_ bytes: [UInt8]) throws(BreachResponseError) {
        guard let document = JSONValue(parsing: bytes), document.bytes == bytes else {
            throw .notJSON(document: "certificate")
        }
        self.document = document
    }

    /// Affected patients by pseudonym: reference, and the kinds of data that were or could have been read.
    public func affected() throws(BreachResponseError) -> [Affected] {
        let certificate = try certificate
        let names = Names(document["names"] ?? .null)
        return ["accessed", "couldHave"].flatMap { set in
            (certificate.document["sets"]?[set]?["patients"]?.array ?? []).compactMap {
                Affected($0, isAccessed: set == "accessed", names: names)
            }
        }
    }

    /// One affected patient of a certificate.
    public struct Affected: Sendable, Hashable {
        /// The name on the record side.
        public let patient: PatientPseudonym
        /// Whether it is proven that something was read.
        public let isAccessed: Bool
        /// Data categories that were or could have been read, sorted.
        public let categories: [String]

        fileprivate init?(_ document: JSONValue, isAccessed: Bool, names: Names) {
            guard let text = document["patient"]?.string,
                let patient = Hex.decode(text).flatMap({ PatientPseudonym(bytes: $0) })
            else { return nil }
            self.patient = patient
            self.isAccessed = isAccessed
            var found: Set<String> = []
            for read in document["reads"]?.array ?? [] {
                found.insert(names.records[read["record"]?.string ?? ""] ?? "")
            }
            for ground in document["reach"]?.array ?? [] {
                if let record = ground["record"]?.string {
                    found.insert(names.records[record] ?? "")
                }
                for segment in ground["segments"]?.stringArray ?? [] {
                    found.insert(names.segments[segment] ?? "")
                }
            }
            categories = found.filter { !$0.isEmpty }.sorted()
        }
    }

    fileprivate struct Names {
        var records: [String: String] = [:]
        var segments: [String: String] = [:]

        init(_ document: JSONValue) {
            for row in document["records"]?.array ?? [] {
                records[row["record"]?.string ?? ""] = row["category"]?.string
            }
            for row in document["segments"]?.array ?? [] {
                segments[row["segment"]?.string ?? ""] =
                    row["name"]?.string.map { String($0.prefix { $0 != "|" }) }
            }
        }
    }
}
