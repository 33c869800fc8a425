internal import Crypto
public import VaultCore

/// Seals and opens the sections of entries; keys and randomness come from the caller.
///
/// AES-256-GCM over `r || part` with r 32 fresh random bytes; the associated data bind the frame, the
/// section's number and its routing tag, so a section cannot be moved. The commitment
/// HMAC-SHA-256(r, part) lets the part be shown later without the key.
public struct SectionSealer: Sendable {
    private let random: any RandomSource

    /// Makes a sealer.
    ///
    /// - Parameter random: Fit for keys; 44 bytes are drawn for each section: r, then the nonce.
    public init(random: any RandomSource) {
        self.random = random
    }

    /// One section before it is sealed.
    public struct Part: Sendable {
        /// A JSON object.
        public var json: JSONValue
        /// By which the Guard finds the key later.
        public var routing: RoutingTag
        /// Seals this section.
        public var key: SectionKey

        /// Joins content, routing and key.
        ///
        /// - Parameters:
        ///   - json: A JSON object.
        ///   - routing: By which the Guard finds the key later.
        ///   - key: Seals this section.
        public init(json: JSONValue, routing: RoutingTag, key: SectionKey) {
            self.json = json
            self.routing = routing
            self.key = key
        }
    }

    /// Seals a whole entry.
    ///
    /// One buffer is filled from front to back; the leaf is hashed on the way.
    ///
    /// - Parameters:
    ///   - header: Becomes section 0; its kind and time become the frame's.
    ///   - headerRouting: Routing tag of section 0.
    ///   - headerKey: Key of section 0.
    ///   - parts: One for each patient, no patient twice.
    /// - Returns: The bytes to store, with their leaf hash.
    /// - Throws: ``MerkleLogError/tooLarge``.
    public func seal(
        header: EntryHeader,
        headerRouting: RoutingTag,
        headerKey: SectionKey,
        parts: [Part]
    ) throws(MerkleLogError) -> SealedEntry {
        guard parts.count < Int(EntryFrame.maximumSectionCount) else { throw .tooLarge }
        var writer = EntryWriter(
            EntryFrame(
                kind: header.kind,
                time: header.time,
                sectionCount: UInt32(parts.count + 1)
            )
        )
        try writer.add(routing: headerRouting, key: headerKey, salt: random.bytes(44)) {
            header.write(into: &$0)
        }
        for part in parts {
            try writer.add(routing: part.routing, key: part.key, salt: random.bytes(44)) {
                part.json.write(into: &$0)
            }
        }
        return writer.finish()
    }

    /// Opens one section of an entry and checks its commitment.
    ///
    /// - Parameters:
    ///   - number: 0 for the header.
    ///   - entry: The entry.
    ///   - key: The section's key.
    /// - Returns: The part and its r: all that a proof needs.
    /// - Throws: ``MerkleLogError/sectionNotOpened``, ``MerkleLogError/outOfRange``.
    public static func open(
        section number: Int,
        of entry: StoredEntry,
        key: SectionKey
    ) throws(MerkleLogError) -> SectionOpening {
        guard entry.sections.indices.contains(number) else { throw .outOfRange }
        let section = entry.sections[number]
        let bound = associatedData(
            frame: entry.frame,
            number: UInt32(number),
            routing: section.routing
        )
        guard let nonce = try? AES.GCM.Nonce(data: section.nonce),
            let box = try? AES.GCM.SealedBox(
                nonce: nonce,
                ciphertext: section.sealed.dropLast(16),
                tag: section.sealed.suffix(16)
            ),
            let plain = try? AES.GCM.open(box, using: key.key, authenticating: bound),
            plain.count >= 32
        else { throw .sectionNotOpened }
        let opening = SectionOpening(
            number: number,
            blinding: Array(plain.prefix(32)),
            part: Array(plain.dropFirst(32))
        )
        guard opening.commitment == section.commitment else { throw .sectionNotOpened }
        return opening
    }

    static let domain = Array("patientvault/log-section/v1\n".utf8)

    static func associatedData(
        frame: EntryFrame,
        number: UInt32,
        routing: RoutingTag
    ) -> [UInt8] {
        var bound = domain + frame.bytes
        bound.appendBigEndian(number)
        return bound + routing.bytes
    }
}

/// An opened section: whoever holds it can check it against the leaf with SHA-256 alone.
public struct SectionOpening: Sendable, Hashable, CustomStringConvertible {
    /// 0 for the header.
    public let number: Int
    /// r, 32 bytes.
    public let blinding: [UInt8]
    /// The JSON text as it was written, UTF-8.
    public let part: [UInt8]

    /// Takes an opening as received.
    ///
    /// - Parameters:
    ///   - number: 0 for the header.
    ///   - blinding: r, 32 bytes.
    ///   - part: The JSON text, UTF-8.
    public init(number: Int, blinding: [UInt8], part: [UInt8]) {
        self.number = number
        self.blinding = blinding
        self.part = part
    }

    /// HMAC-SHA-256(r, part), to be compared with the leaf's.
    public var commitment: MerkleHash {
        TreeHasher.commitment(blinding: blinding, part: part)
    }

    /// The part as JSON; `nil` where it is none.
    public var json: JSONValue? { JSONValue(parsing: part) }

    /// Only the section's number: the content may name a patient.
    public var description: String { "section \(number)" }
}
