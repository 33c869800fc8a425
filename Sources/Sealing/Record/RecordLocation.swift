public import VaultCore

/// The one place a sealed version belongs to; bound to its ciphertext and stored beside it, not in it.
///
/// A version moved to another vault, patient, segment, epoch, record or version number does not open.
public struct RecordLocation: Sendable, Hashable {
    /// Which vault.
    public var vault: VaultID
    /// Whose record.
    public var patient: PatientPseudonym
    /// Which segment of it.
    public var segment: SegmentTag
    /// The write session.
    public var epoch: Epoch
    /// Which record.
    public var record: RecordTag
    /// Which version of it, from 1.
    public var version: UInt32

    /// Joins the six parts.
    ///
    /// - Parameters:
    ///   - vault: Which vault.
    ///   - patient: Whose record.
    ///   - segment: Which segment of it.
    ///   - epoch: The write session.
    ///   - record: Which record.
    ///   - version: Which version of it, from 1.
    public init(
        vault: VaultID,
        patient: PatientPseudonym,
        segment: SegmentTag,
        epoch: Epoch,
        record: RecordTag,
        version: UInt32
    ) {
        self.vault = vault
        self.patient = patient
        self.segment = segment
        self.epoch = epoch
        self.record = record
        self.version = version
    }

    // With at most 18 bytes here both HMAC messages of the key derivation stay at two blocks.
    private static let domain = Array("patientvault/rec/1".utf8)

    /// Bytes of ``encoded``: 102.
    internal static let encodedByteCount = domain.count + 5 * 16 + 4

    /// The context that a sealed version is bound to, 102 bytes.
    ///
    /// Domain (18) || vault (16) || patient (16) || segment (16) || epoch (16) || record (16) ||
    /// version (4, big-endian). All lengths are fixed, so no two locations read the same.
    public var encoded: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.encodedByteCount) { buffer, count in
            unsafe encode(into: UnsafeMutableRawBufferPointer(buffer))
            count = Self.encodedByteCount
        }
    }

    /// Lends ``encoded`` without making an array.
    internal func lendEncoded<Result>(
        _ body: (UnsafeRawBufferPointer) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        try unsafe Bytes.withScratch(Self.encodedByteCount) { buffer throws(SealingError) in
            unsafe encode(into: buffer)
            return try unsafe body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Writes ``encoded`` to the start of a buffer that is long enough.
    internal func encode(into buffer: UnsafeMutableRawBufferPointer) {
        unsafe buffer.copyBytes(from: Self.domain)
        var offset = Self.domain.count
        unsafe append(vault, to: buffer, at: &offset)
        unsafe append(patient, to: buffer, at: &offset)
        unsafe append(segment, to: buffer, at: &offset)
        unsafe append(epoch, to: buffer, at: &offset)
        unsafe append(record, to: buffer, at: &offset)
        unsafe buffer.storeBytes(of: version.bigEndian, toByteOffset: offset, as: UInt32.self)
    }

    private func append(
        _ tag: some Tag16,
        to buffer: UnsafeMutableRawBufferPointer,
        at offset: inout Int
    ) {
        unsafe buffer.storeBytes(of: tag.high.bigEndian, toByteOffset: offset, as: UInt64.self)
        unsafe buffer.storeBytes(of: tag.low.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        offset += 16
    }
}
