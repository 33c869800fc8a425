public import VaultCore

/// How the keys hang together: root > shard > patient by wrapping, patient > segment > epoch by derivation.
///
/// - The **root key** is random; a passphrase file (later: shares, a service credential) wraps it.
/// - A **shard key** is random and wraps the keys of up to ``VaultCore/Limits/patientsPerShard``
///   patients, so that erasing one patient rewraps 255 others and not a million.
/// - A **patient key** is random: deleting its wrapped form erases the patient.
/// - A **read key** opens everything in one segment of one patient; it is what a grant carries.
/// - A **write key** seals under one epoch of one segment; it opens nothing of other epochs.
///
/// Wrapping contexts name place and generation, so that a wrapped key put elsewhere, or an old one put
/// back, does not unwrap.
public enum KeyHierarchy {
    /// The context under which the root key wraps a shard key.
    ///
    /// - Parameters:
    ///   - vault: Which vault.
    ///   - shard: Number of the shard, from 0.
    ///   - generation: Raised by one at each rotation.
    /// - Returns: Bytes for ``KeyWrap``.
    public static func shardContext(
        vault: VaultID,
        shard: UInt32,
        generation: UInt32
    ) -> [UInt8] {
        Array("patientvault/v1/shard\0".utf8) + vault.bytes + bigEndian(shard)
            + bigEndian(generation)
    }

    /// The context under which a shard key wraps a patient key.
    ///
    /// - Parameters:
    ///   - vault: Which vault.
    ///   - patient: Whose key.
    ///   - generation: Raised by one at each rotation of the patient's key.
    /// - Returns: Bytes for ``KeyWrap``.
    public static func patientContext(
        vault: VaultID,
        patient: PatientPseudonym,
        generation: UInt32
    ) -> [UInt8] {
        Array("patientvault/v1/patient\0".utf8) + vault.bytes + patient.bytes
            + bigEndian(generation)
    }

    /// Derives the read key of a segment.
    ///
    /// - Parameters:
    ///   - segment: The segment's canonical name as bytes: category and labels.
    ///   - patientKey: The patient's key.
    /// - Returns: The key that opens all epochs of that segment.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func readKey(
        segment: [UInt8],
        patientKey: SecretKey
    ) throws(SealingError) -> SecretKey {
        try KeyDerivation.derive(from: patientKey, label: "segment", context: segment)
    }

    /// Derives the write key of one epoch of a segment.
    ///
    /// - Parameters:
    ///   - epoch: The write session's random value; the row stores it.
    ///   - readKey: The segment's read key.
    /// - Returns: The key that seals and opens records of that epoch only.
    /// - Throws: ``SealingError/memoryNotLocked``.
    public static func writeKey(
        epoch: Epoch,
        readKey: SecretKey
    ) throws(SealingError) -> SecretKey {
        try KeyDerivation.derive(from: readKey, label: "epoch", context: epoch.bytes)
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
